package io.tidemark.collector.admit;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.time.Entropy;

/// The 128-bit hash by which a decoder recognises label bytes it has seen before.
///
/// Two 64-bit XXH3 with secret random seeds, because the 128-bit call of the library makes an object a hash. Each protocol and each
/// scrape target has its own seeds: the same bytes may mean different labels there, and a sender cannot prepare collisions.
public final class SeriesHash {
  private final Hasher64 high;
  private final Hasher64 low;

  public SeriesHash(Entropy entropy) {
    high = Hashing.xxh3_64(entropy.nextLong());
    low = Hashing.xxh3_64(entropy.nextLong());
  }

  public long high(byte[] bytes, int from, int to) {
    return high.hashBytesToLong(bytes, from, to - from);
  }

  public long low(byte[] bytes, int from, int to) {
    return low.hashBytesToLong(bytes, from, to - from);
  }

  /// The hash so far of a sequence of texts, of which the next one has the hash `next`, of the same half. Order counts.
  public static long combine(long before, long next) {
    // The finalizer of SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    long mixed = (before ^ before >>> 30) * 0xbf58476d1ce4e5b9L + next;
    mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    return mixed ^ mixed >>> 31;
  }
}
