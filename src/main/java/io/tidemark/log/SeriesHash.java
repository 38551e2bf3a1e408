package io.tidemark.log;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.time.Entropy;

/// A 128-bit hash that stands for the bytes themselves: of labels that a decoder or a writer has seen before, of a column that a block has.
///
/// Two 64-bit wyhash with secret random seeds and multipliers: labels have a hundred to three hundred bytes, where it takes two thirds of
/// the time of XXH3, whose lanes want vector registers. Each protocol, each scrape target and the writers of a process have their own: the
/// same bytes may mean different labels there, and a sender cannot prepare collisions. Never written down. Safe on any thread.
/// Source: https://github.com/wangyi-fudan/wyhash (final 4).
public final class SeriesHash {
  private final Hasher64 high;
  private final Hasher64 low;

  public SeriesHash(Entropy entropy) {
    high = Hashing.wyhashFinal4(entropy.nextLong(), entropy.nextLong());
    low = Hashing.wyhashFinal4(entropy.nextLong(), entropy.nextLong());
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
