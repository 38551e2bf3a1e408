package io.tidemark.storage.head;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.codec.ByteWriter;
import io.tidemark.time.Entropy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Interned UTF-8 texts, numbered from 0. Written by the shard's loop; `find`, `text` and `count` on any thread.
///
/// Bytes lie in pages; an address is page and offset in one long of a published list. The hash table holds number + 1 and is
/// replaced when it grows; a racing reader reads each slot once, sees an entry or not, and takes one only below the acquired count.
final class Symbols {
  /// The longest text, 16 MiB: what fits a record of the log is shorter.
  static final int TEXT_BYTES_MAX = (1 << 24) - 1;
  private static final int PAGE_BYTES = 64 * 1024;
  /// An address has the page in the upper, then 17 bits of offset and 24 of length.
  private static final int PAGE_SHIFT = 41;
  private static final int OFFSET_SHIFT = 24;
  /// By a seed that no sender knows, lest texts be sent that all meet in one slot.
  private static final Hasher64 HASH = seededHash(Entropy.system());

  private final PublishedLongs places = new PublishedLongs();
  private final PublishedList<byte[]> pages = new PublishedList<>(new byte[8][]);
  private volatile int[] table = new int[1024];
  /// Decoded texts, made on demand by readers; a race makes one twice, which does not matter.
  private volatile String[] texts = new String[0];
  private int pageUsed = PAGE_BYTES;
  private long pageBytes;

  private static Hasher64 seededHash(Entropy entropy) {
    return Hashing.wyhashFinal4(entropy.nextLong(), entropy.nextLong());
  }

  private static long hash(byte[] bytes, int from, int count) {
    return HASH.hashBytesToLong(bytes, from, count);
  }

  int count() {
    return places.count();
  }

  /// The number of a text, which is added if it is new. The loop's alone.
  int intern(byte[] bytes, int from, int count) {
    assert count <= TEXT_BYTES_MAX : count;
    int[] t = table;
    int known = look(t, hash(bytes, from, count), bytes, from, count);
    if (known >= 0) {
      return known;
    }
    int symbol = places.count();
    places.add(store(bytes, from, count));
    t[~known] = symbol + 1;
    if ((symbol + 1) * 2 > t.length) {
      grow();
    }
    return symbol;
  }

  private long store(byte[] bytes, int from, int count) {
    if (pageUsed + count > PAGE_BYTES || pages.count() == 0) {
      byte[] page = new byte[Math.max(PAGE_BYTES, count)];
      pages.add(page);
      pageBytes += page.length;
      pageUsed = 0;
    }
    int page = pages.count() - 1;
    System.arraycopy(bytes, from, pages.at(page), pageUsed, count);
    long place = (long) page << PAGE_SHIFT | (long) pageUsed << OFFSET_SHIFT | count;
    pageUsed += count;
    return place;
  }

  private void grow() {
    int[] bigger = new int[table.length * 2];
    int n = places.count();
    for (int symbol = 0; symbol < n; symbol++) {
      long place = places.at(symbol);
      byte[] page = page(place);
      int at = (int) hash(page, offset(place), bytesCount(place)) & bigger.length - 1;
      while (bigger[at] != 0) {
        at = at + 1 & bigger.length - 1;
      }
      bigger[at] = symbol + 1;
    }
    table = bigger;
  }

  private byte[] page(long place) {
    return pages.at((int) (place >>> PAGE_SHIFT));
  }

  private static int offset(long place) {
    return (int) (place >>> OFFSET_SHIFT) & 0x1ffff;
  }

  private static int bytesCount(long place) {
    return (int) place & TEXT_BYTES_MAX;
  }

  /// The number of a text, or ~slot of the free slot where it would go.
  private int look(int[] t, long hash, byte[] bytes, int from, int count) {
    int at = (int) hash & t.length - 1;
    for (int entry = t[at]; entry != 0; entry = t[at]) {
      if (equal(entry - 1, bytes, from, count)) {
        return entry - 1;
      }
      at = at + 1 & t.length - 1;
    }
    return ~at;
  }

  boolean equal(int symbol, byte[] bytes, int from, int count) {
    if (symbol >= places.count()) {
      return false;
    }
    long place = places.at(symbol);
    int offset = offset(place);
    return bytesCount(place) == count
        && Arrays.equals(page(place), offset, offset + count, bytes, from, from + count);
  }

  /// The number of `text`, or a negative one.
  int find(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return look(table, hash(utf8, 0, utf8.length), utf8, 0, utf8.length);
  }

  /// The text of a symbol that the caller learnt from published data.
  String text(int symbol) {
    String[] cache = texts;
    if (symbol >= cache.length) {
      cache = Arrays.copyOf(cache, Math.max(places.count(), symbol + 1));
      texts = cache;
    }
    String text = cache[symbol];
    if (text == null) {
      long place = places.at(symbol);
      text = new String(page(place), offset(place), bytesCount(place), StandardCharsets.UTF_8);
      cache[symbol] = text;
    }
    return text;
  }

  /// The byte count of a symbol's text.
  int textBytes(int symbol) {
    return bytesCount(places.at(symbol));
  }

  int copy(int symbol, byte[] into, int at) {
    long place = places.at(symbol);
    System.arraycopy(page(place), offset(place), into, at, bytesCount(place));
    return at + bytesCount(place);
  }

  /// Writes a text behind its length.
  void write(int symbol, ByteWriter out) {
    long place = places.at(symbol);
    out.writeVarint(bytesCount(place));
    out.writeBytes(page(place), offset(place), bytesCount(place));
  }

  long bytes() {
    return pageBytes + places.bytes() + table.length * 4L;
  }
}
