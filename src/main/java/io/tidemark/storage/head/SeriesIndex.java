package io.tidemark.storage.head;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import io.tidemark.codec.ByteWriter;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.LabelIndex;
import io.tidemark.storage.Postings;
import io.tidemark.storage.ReadWatch;
import io.tidemark.time.Entropy;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// The series of one head by label set and by label pair. Written by the shard's loop, read by any thread.
///
/// A label pair has a number and postings; a series is the list of its pairs in label order. There is no object a series: labels,
/// hashes and hash table are flat arrays. Readers take {@link #refsEnd} first and see everything below it whole.
public final class SeriesIndex implements LabelIndex {
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  /// Most labels of one series; upstream limits are far lower.
  static final int LABELS_MAX = 4096;
  private static final int PAGE_SHIFT = 15;
  private static final int PAGE_BYTES = 1 << PAGE_SHIFT;
  private static final int VARINT_BYTES_MAX = 5;
  /// So many labels of the last series are looked at for one of the next.
  private static final int GUESSES = 3;
  private static final int SLOTS_MIN = 1024;

  private final Symbols symbols = new Symbols();
  /// Name symbol in the upper, value symbol in the lower half, by pair number.
  private final PublishedLongs pairs = new PublishedLongs();
  private final PublishedList<PublishedInts> postings = new PublishedList<>(new PublishedInts[64]);
  private final Map<String, PublishedInts> pairsByName = new ConcurrentHashMap<>();
  private volatile int[] pairTable = new int[1024];

  /// Label count, then the pair numbers, of each series, as varints; a series lies in one page.
  private final PublishedList<byte[]> labelPages = new PublishedList<>(new byte[8][]);
  private int labelPageUsed = PAGE_BYTES;
  /// The lower halves of the series' hashes.
  private final PublishedIntPages hashes = new PublishedIntPages();
  /// Where a series' labels begin; its count is the count of series.
  private final PublishedIntPages places = new PublishedIntPages();
  /// Ref + 1 by hash, at most two thirds full; 0 marks a free slot. The loop's alone.
  private int[] table = new int[SLOTS_MIN];
  /// The pairs of the series being added, and where each of its labels ends.
  private int[] scratch = new int[16];
  private int[] ends = new int[16];
  /// The same of the series added before, of which the next one shares most, and its bytes.
  private int[] lastPairs = new int[16];
  private int[] lastEnds = new int[16];
  private byte[] lastBytes = new byte[256];
  private int lastLabels;
  private long postingsBytes;
  /// What series are hashed by: no sender knows it, lest series be sent that all meet in one slot. Kept beside the hashes.
  private long seed;
  private long multiplierSeed;
  private Hasher64 hasher;

  /// @param entropy for the seeds of hashes
  SeriesIndex(Entropy entropy) {
    hashBy(entropy.nextLong(), entropy.nextLong());
  }

  /// The ref of the series with these canonical label bytes, which is added if it is new. The loop's alone.
  ///
  /// @throws TidemarkException `CORRUPT` when they are not canonical; nothing is added then
  int define(byte[] bytes, int from, int to) {
    int hash = hash(bytes, from, to);
    int at = slot(hash);
    while (table[at] != 0) {
      int ref = table[at] - 1;
      if (hashes.at(ref) == hash && equal(ref, bytes, from, to)) {
        return ref;
      }
      at = next(at);
    }
    checkCanonical(bytes, from, to);
    return append(at, hash, internPairs(bytes, from, to));
  }

  /// Adds a series with the labels in `scratch`, with its hash in a free slot of the table.
  private int append(int at, int hash, int labels) {
    int ref = places.count();
    table[at] = ref + 1;
    hashes.add(hash);
    int place = storeLabels(labels);
    for (int i = 0; i < labels; i++) {
      PublishedInts list = postings.at(scratch[i]);
      int before = list.bytes();
      list.add(ref);
      postingsBytes += list.bytes() - before;
    }
    places.add(place);
    if ((ref + 1) * 3L > table.length * 2L) {
      grow();
    }
    return ref;
  }

  private int hash(byte[] bytes, int from, int to) {
    return (int) hasher.hashBytesToLong(bytes, from, to - from);
  }

  // What HeadSnapshot writes and HeadLoader brings back.

  /// Sets the seeds of hashes. Before the first series.
  void hashBy(long seed, long multiplierSeed) {
    assert places.count() == 0;
    this.seed = seed;
    this.multiplierSeed = multiplierSeed;
    hasher = Hashing.wyhashFinal4(seed, multiplierSeed);
  }

  void writeSeeds(ByteWriter out) {
    out.writeLong(seed);
    out.writeLong(multiplierSeed);
  }

  /// The hash of a series with these pairs.
  int hash(int[] labels, int count) {
    var canonical = new ByteWriter(256);
    for (int i = 0; i < count; i++) {
      symbols.write(pairName(labels[i]), canonical);
      symbols.write(pairValue(labels[i]), canonical);
    }
    return hash(canonical.array(), 0, canonical.count());
  }

  /// The lower half of a series' hash.
  int hash(int ref) {
    return hashes.at(ref);
  }

  /// Puts the pair numbers of a series into an array that has room for {@link #LABELS_MAX}, and tells how many.
  int pairs(int ref, int[] into) {
    return pairs(ref, into, LABELS_MAX);
  }

  /// The same, but puts the first `max` pair numbers at most.
  int pairs(int ref, int[] into, int max) {
    int place = places.at(ref);
    byte[] page = labelPages.at(place >>> PAGE_SHIFT);
    long number = varint(page, place & PAGE_BYTES - 1, PAGE_BYTES);
    int labels = (int) number;
    for (int i = 0; i < Math.min(labels, max); i++) {
      number = varint(page, (int) (number >>> 32), PAGE_BYTES);
      into[i] = (int) number;
    }
    return labels;
  }

  int pairName(int pair) {
    return (int) (pairs.at(pair) >>> 32);
  }

  int pairValue(int pair) {
    return (int) pairs.at(pair);
  }

  /// Writes the text of a symbol behind its length.
  void writeSymbol(int symbol, ByteWriter out) {
    symbols.write(symbol, out);
  }

  /// Makes room for so many series at once. Before the first.
  void restoreRoom(int series) {
    assert places.count() == 0;
    table = new int[(int) Math.min(Integer.MAX_VALUE - 8, Math.max(SLOTS_MIN, series * 7L / 4))];
  }

  /// Adds the next symbol.
  ///
  /// @return false when the text has a number already
  boolean restoreSymbol(byte[] bytes, int from, int count) {
    int next = symbols.count();
    return symbols.intern(bytes, from, count) == next;
  }

  /// Adds the next pair.
  ///
  /// @param series how many will have it
  /// @return false when there is no such symbol, or the pair has a number already
  boolean restorePair(int name, int value, int series) {
    int next = pairs.count();
    return Math.max(name, value) < symbols.count() && internPair(name, value, Math.max(1, series)) == next;
  }

  /// Adds the next series.
  ///
  /// @param labels what {@link #pairs} told, `count` of it
  /// @return its ref
  int restore(int hash, int[] labels, int count) {
    // No bytes of it are known.
    lastLabels = 0;
    if (count > scratch.length) {
      scratch = new int[count];
    }
    System.arraycopy(labels, 0, scratch, 0, count);
    int at = slot(hash);
    while (table[at] != 0) {
      at = next(at);
    }
    return append(at, hash, count);
  }

  /// The hash as a share of the slots, whose number is no power of two.
  private int slot(int hash) {
    return (int) ((hash & 0xffffffffL) * table.length >>> 32);
  }

  private int next(int slot) {
    return slot + 1 == table.length ? 0 : slot + 1;
  }

  private void grow() {
    int more = table.length + (table.length >> 1);
    // Not both at once.
    table = new int[0];
    table = new int[more];
    int n = hashes.count();
    for (int ref = 0; ref < n; ref++) {
      int at = slot(hashes.at(ref));
      while (table[at] != 0) {
        at = next(at);
      }
      table[at] = ref + 1;
    }
  }

  private boolean equal(int ref, byte[] bytes, int from, int to) {
    int place = places.at(ref);
    byte[] page = labelPages.at(place >>> PAGE_SHIFT);
    long number = varint(page, place & PAGE_BYTES - 1, PAGE_BYTES);
    int at = from;
    for (int left = (int) number; left > 0; left--) {
      number = varint(page, (int) (number >>> 32), PAGE_BYTES);
      long pair = pairs.at((int) number);
      for (int side = 0; side < 2; side++) {
        if (at >= to) {
          return false;
        }
        long head = varint(bytes, at, to);
        at = (int) (head >>> 32);
        int count = (int) head;
        if (count > to - at || !symbols.equal(side == 0 ? (int) (pair >>> 32) : (int) pair, bytes, at, count)) {
          return false;
        }
        at += count;
      }
    }
    return at == to;
  }

  /// Position after the varint in the upper half, its value in the lower.
  private static long varint(byte[] bytes, int from, int to) {
    int value = 0;
    int at = from;
    for (int shift = 0; shift <= 28 && at < to; shift += 7) {
      byte b = bytes[at++];
      value |= (b & 0x7f) << shift;
      if (b >= 0 && value >= 0) {
        return (long) at << 32 | value;
      }
    }
    throw new TidemarkException(ErrorCode.CORRUPT, "canonical label bytes: damaged at byte " + at);
  }

  /// Names ascend, values are not empty. Plain ASCII, nearly always, is checked in place; other text as strings, because its order as
  /// bytes is not that of its UTF-16 units.
  private static void checkCanonical(byte[] bytes, int from, int to) {
    if (!isPlainCanonical(bytes, from, to)) {
      LabelSet.fromCanonicalBytes(bytes, from, to);
    }
  }

  private static boolean isPlainCanonical(byte[] bytes, int from, int to) {
    int before = from;
    int beforeCount = -1;
    boolean isName = true;
    for (int at = from; at < to; isName = !isName) {
      long head = varint(bytes, at, to);
      at = (int) (head >>> 32);
      int count = (int) head;
      if (count > to - at || !isAscii(bytes, at, count)) {
        return false;
      }
      if (isName) {
        if (beforeCount >= 0 && Arrays.compareUnsigned(bytes, before, before + beforeCount, bytes, at, at + count) >= 0) {
          return false;
        }
        before = at;
        beforeCount = count;
      } else if (count == 0) {
        return false;
      }
      at += count;
    }
    return isName;
  }

  private static boolean isAscii(byte[] bytes, int from, int count) {
    int at = from;
    for (; at + Long.BYTES <= from + count; at += Long.BYTES) {
      if (((long) LONG.get(bytes, at) & 0x8080808080808080L) != 0) {
        return false;
      }
    }
    for (; at < from + count; at++) {
      if (bytes[at] < 0) {
        return false;
      }
    }
    return true;
  }

  /// Puts the pairs of a series into `scratch`; returns how many.
  private int internPairs(byte[] bytes, int from, int to) {
    int[] emptied = lastPairs;
    lastPairs = scratch;
    scratch = emptied;
    emptied = lastEnds;
    lastEnds = ends;
    ends = emptied;
    int known = lastLabels;
    lastLabels = 0;
    int labels = 0;
    int at = from;
    int guess = 0;
    while (at < to) {
      long head = varint(bytes, at, to);
      int nameAt = (int) (head >>> 32);
      int nameCount = (int) head;
      head = varint(bytes, nameAt + nameCount, to);
      int valueAt = (int) (head >>> 32);
      int valueCount = (int) head;
      int end = valueAt + valueCount;
      if (labels >= LABELS_MAX) {
        throw new TidemarkException(ErrorCode.CORRUPT, "a series of more than " + LABELS_MAX + " labels");
      }
      if (Math.max(nameCount, valueCount) > Symbols.TEXT_BYTES_MAX) {
        throw new TidemarkException(ErrorCode.CORRUPT, "a label of more than " + Symbols.TEXT_BYTES_MAX + " bytes");
      }
      if (labels == scratch.length) {
        scratch = Arrays.copyOf(scratch, labels * 2);
      }
      if (labels == ends.length) {
        ends = Arrays.copyOf(ends, labels * 2);
      }
      int same = guess(guess, known, bytes, at, end);
      guess = same >= 0 ? same + 1 : guess;
      scratch[labels] = same >= 0 ? lastPairs[same]
          : internPair(symbols.intern(bytes, nameAt, nameCount), symbols.intern(bytes, valueAt, valueCount), 1);
      ends[labels++] = end - from;
      at = end;
    }
    if (to - from <= PAGE_BYTES) {
      if (to - from > lastBytes.length) {
        lastBytes = new byte[Math.min(PAGE_BYTES, Integer.highestOneBit(to - from) * 2)];
      }
      System.arraycopy(bytes, from, lastBytes, 0, to - from);
      lastLabels = labels;
    }
    return labels;
  }

  /// Which label of the last series, which has `known`, is that of `[at, end)`, or -1.
  private int guess(int first, int known, byte[] bytes, int at, int end) {
    for (int i = first; i < Math.min(known, first + GUESSES); i++) {
      int begin = i == 0 ? 0 : lastEnds[i - 1];
      if (Arrays.equals(lastBytes, begin, lastEnds[i], bytes, at, end)) {
        return i;
      }
    }
    return -1;
  }

  private int internPair(int name, int value, int capacity) {
    long key = (long) name << 32 | value;
    int[] t = pairTable;
    int known = lookPair(t, key);
    if (known >= 0) {
      return known;
    }
    int pair = pairs.count();
    var list = new PublishedInts(capacity);
    postings.add(list);
    postingsBytes += list.bytes();
    pairs.add(key);
    t[~known] = pair + 1;
    pairsByName.computeIfAbsent(symbols.text(name), _ -> new PublishedInts(2)).add(pair);
    if ((pair + 1) * 2 > t.length) {
      growPairs();
    }
    return pair;
  }

  private void growPairs() {
    int[] bigger = new int[pairTable.length * 2];
    int n = pairs.count();
    for (int pair = 0; pair < n; pair++) {
      bigger[~lookPair(bigger, pairs.at(pair))] = pair + 1;
    }
    pairTable = bigger;
  }

  /// The number of a pair, or ~slot of the free slot where it would go. Any thread: a racing reader reads each slot once and skips entries
  /// that are not published yet.
  private int lookPair(int[] t, long key) {
    long mixed = key * 0x9E3779B97F4A7C15L;
    int at = (int) (mixed >>> 32) & t.length - 1;
    int n = pairs.count();
    for (int entry = t[at]; entry != 0; entry = t[at]) {
      if (entry <= n && pairs.at(entry - 1) == key) {
        return entry - 1;
      }
      at = at + 1 & t.length - 1;
    }
    return ~at;
  }

  private int storeLabels(int labels) {
    if (labelPageUsed + (labels + 1) * VARINT_BYTES_MAX > PAGE_BYTES) {
      labelPages.add(new byte[PAGE_BYTES]);
      labelPageUsed = 0;
    }
    int page = labelPages.count() - 1;
    byte[] to = labelPages.at(page);
    int place = page << PAGE_SHIFT | labelPageUsed;
    int at = putVarint(to, labelPageUsed, labels);
    for (int i = 0; i < labels; i++) {
      at = putVarint(to, at, scratch[i]);
    }
    labelPageUsed = at;
    return place;
  }

  private static int putVarint(byte[] to, int from, int value) {
    int at = from;
    for (int left = value; ; left >>>= 7) {
      if (left < 0x80) {
        to[at++] = (byte) left;
        return at;
      }
      to[at++] = (byte) (left | 0x80);
    }
  }

  @Override
  public int refsEnd() {
    return places.count();
  }

  /// The labels of a series below {@link #refsEnd}.
  public LabelSet labels(int ref) {
    int place = places.at(ref);
    byte[] page = labelPages.at(place >>> PAGE_SHIFT);
    long number = varint(page, place & PAGE_BYTES - 1, PAGE_BYTES);
    String[] texts = new String[(int) number * 2];
    for (int i = 0; i < texts.length; i += 2) {
      number = varint(page, (int) (number >>> 32), PAGE_BYTES);
      long pair = pairs.at((int) number);
      texts[i] = symbols.text((int) (pair >>> 32));
      texts[i + 1] = symbols.text((int) pair);
    }
    return LabelSet.ofSorted(texts);
  }

  /// The value of one label of a series, or the empty string.
  String label(int ref, String name) {
    int place = places.at(ref);
    byte[] page = labelPages.at(place >>> PAGE_SHIFT);
    long number = varint(page, place & PAGE_BYTES - 1, PAGE_BYTES);
    for (int left = (int) number; left > 0; left--) {
      number = varint(page, (int) (number >>> 32), PAGE_BYTES);
      long pair = pairs.at((int) number);
      if (symbols.text((int) (pair >>> 32)).equals(name)) {
        return symbols.text((int) pair);
      }
    }
    return "";
  }

  /// Puts refs below {@link #refsEnd} into the order of their labels.
  public void sortByLabels(int[] refs, ReadWatch watch) {
    new LabelOrder(List.of(this), new int[refs.length], refs, watch).sort();
  }

  /// The order of a label pair and one of this or another index, by number: that of their names, then of their values.
  int comparePairs(int pair, SeriesIndex other, int otherPair) {
    if (other == this && pair == otherPair) {
      return 0;
    }
    int c = compare(pairName(pair), other, other.pairName(otherPair));
    return c != 0 ? c : compare(pairValue(pair), other, other.pairValue(otherPair));
  }

  private int compare(int symbol, SeriesIndex other, int otherSymbol) {
    return other == this && symbol == otherSymbol ? 0 : symbols.text(symbol).compareTo(other.symbols.text(otherSymbol));
  }

  @Override
  public List<String> names() {
    return new ArrayList<>(pairsByName.keySet());
  }

  @Override
  public void forEachValue(String name, Predicate<String> wanted, ValueVisitor visitor) {
    PublishedInts list = pairsByName.get(name);
    if (list == null) {
      return;
    }
    Postings view = list.view();
    for (int i = 0; i < view.count(); i++) {
      int pair = view.refs()[i];
      String value = symbols.text((int) pairs.at(pair));
      if (wanted.test(value)) {
        visitor.visit(value, postings.at(pair).view());
      }
    }
  }

  @Override
  public Postings postings(String name, String value) {
    int nameSymbol = symbols.find(name);
    int valueSymbol = symbols.find(value);
    if (nameSymbol < 0 || valueSymbol < 0) {
      return Postings.NONE;
    }
    int pair = lookPair(pairTable, (long) nameSymbol << 32 | valueSymbol);
    return pair < 0 ? Postings.NONE : postings.at(pair).view();
  }

  /// How many label pairs there are.
  public int pairCount() {
    return pairs.count();
  }

  long bytes() {
    return symbols.bytes() + pairs.bytes() + hashes.bytes() + places.bytes() + table.length * 4L + pairTable.length * 4L
        + labelPages.count() * (PAGE_BYTES + 20L) + postingsBytes + postings.capacity() * 4L;
  }
}
