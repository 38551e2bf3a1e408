package io.tidemark.storage.head;

import io.tidemark.codec.BitReader;
import io.tidemark.codec.BitWriter;
import io.tidemark.codec.GorillaDecoder;
import io.tidemark.codec.GorillaEncoder;
import io.tidemark.codec.Slabs;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Samples;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// The samples of all series of a shard within one window of time, `[startMillis, endMillis)`.
///
/// A series has a *slot* here, given at its first sample, so a window that only few series touch stays small. A slot has two
/// streams in the window's slabs:
/// - the main stream: samples in ascending time, in chunks of {@link #CHUNK_SAMPLES}. A chunk starts on a piece of its own with the
///   words link, first piece of the next chunk, first timestamp, first value bits; Gorilla bits follow;
/// - the side stream, for what is not newer than the main stream's last sample: raw pairs in order of arrival, three a piece.
///
/// One thread appends (or nobody, once the window is sealing); any thread reads. Publication: a slot's counts are released after
/// the bits that they count. A chunk's link to the next one is written before the count that leads there.
public final class Window {
  public static final int CHUNK_SAMPLES = 120;
  private static final int SIDE_PAIRS = 3;
  private static final int SHIFT = 9;
  private static final int PAGE = 1 << SHIFT;
  private static final int MASK = PAGE - 1;
  private static final int[] EMPTY = new int[0];
  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle SAMPLES;

  static {
    try {
      SAMPLES = MethodHandles.lookup().findVarHandle(Window.class, "samples", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /// Slots by number: writer's state in parallel arrays; `counts` and `sideCounts` are published.
  private static final class Slots {
    final int[] refs = new int[PAGE];
    final int[] counts = new int[PAGE];
    final int[] sideCounts = new int[PAGE];
    final int[] first = new int[PAGE];
    final int[] sideFirst = new int[PAGE];
    final int[] sideLast = new int[PAGE];
    final int[] chunk = new int[PAGE];
    final int[] piece = new int[PAGE];
    final short[] bit = new short[PAGE];
    final byte[] leading = new byte[PAGE];
    final byte[] trailing = new byte[PAGE];
    final int[] delta = new int[PAGE];
    final long[] timestamps = new long[PAGE];
    final long[] valueBits = new long[PAGE];
  }

  /// What became of a sample.
  enum Outcome { IN_ORDER, OUT_OF_ORDER, DUPLICATE, OVERWRITE }

  public final long startMillis;
  public final long endMillis;
  private final Slabs slabs;
  private final BitWriter out;
  private final GorillaEncoder encoder = new GorillaEncoder();
  private volatile Slots[] slots = new Slots[0];
  /// Slot + 1 by series ref, in pages made when touched.
  private volatile int[][] byRef = new int[0][];
  private volatile int slotCount;
  /// The log position at which appends ended, or -1 while it is open. The loop's alone.
  private long sealedAt = -1;
  private long samples;

  Window(long startMillis, long endMillis) {
    this.startMillis = startMillis;
    this.endMillis = endMillis;
    slabs = new Slabs();
    out = new BitWriter(slabs);
  }

  /// The log position before which all its samples were appended, or -1 while it takes more. The loop's alone.
  public long sealedAt() {
    return sealedAt;
  }

  void seal(long position) {
    sealedAt = position;
  }

  /// How many series have samples here.
  public int seriesCount() {
    return slotCount;
  }

  /// Samples taken, equal timestamps counted each.
  public long samples() {
    return (long) SAMPLES.getOpaque(this);
  }

  public long bytes() {
    return slabs.bytes() + slots.length * (PAGE * 54L + 300) + byRef.length * (PAGE * 4L + 24);
  }

  Outcome append(int ref, long timestampMillis, long valueBits) {
    assert timestampMillis >= startMillis && timestampMillis < endMillis;
    int slot = slotOf(ref);
    if (slot < 0) {
      slot = addSlot(ref);
    }
    Slots page = slots[slot >>> SHIFT];
    int at = slot & MASK;
    int count = page.counts[at];
    if (count > 0 && timestampMillis <= page.timestamps[at]) {
      return appendAside(page, at, timestampMillis, valueBits);
    }
    if (count % CHUNK_SAMPLES == 0) {
      beginChunk(page, at, count, timestampMillis, valueBits);
    } else {
      encoder.timestamp = page.timestamps[at];
      encoder.delta = page.delta[at];
      encoder.valueBits = page.valueBits[at];
      encoder.leading = page.leading[at] & 0xff;
      encoder.trailing = page.trailing[at];
      out.resume(page.piece[at], page.bit[at]);
      encoder.append(out, timestampMillis, valueBits);
      page.piece[at] = out.piece();
      page.bit[at] = (short) out.bit();
      page.delta[at] = (int) encoder.delta;
      page.leading[at] = (byte) encoder.leading;
      page.trailing[at] = (byte) encoder.trailing;
      page.timestamps[at] = timestampMillis;
      page.valueBits[at] = valueBits;
    }
    COUNTS.setRelease(page.counts, at, count + 1);
    SAMPLES.setOpaque(this, samples + 1);
    return Outcome.IN_ORDER;
  }

  private void beginChunk(Slots page, int at, int count, long timestampMillis, long valueBits) {
    int piece = slabs.allocate();
    slabs.set(piece, 2, timestampMillis);
    slabs.set(piece, 3, valueBits);
    if (count == 0) {
      page.first[at] = piece;
    } else {
      slabs.set(page.chunk[at], 1, piece);
    }
    page.chunk[at] = piece;
    page.piece[at] = piece;
    page.bit[at] = 4 * 64;
    page.delta[at] = 0;
    page.leading[at] = (byte) GorillaEncoder.NO_WINDOW;
    page.trailing[at] = 0;
    page.timestamps[at] = timestampMillis;
    page.valueBits[at] = valueBits;
  }

  private Outcome appendAside(Slots page, int at, long timestampMillis, long valueBits) {
    boolean repeats = timestampMillis == page.timestamps[at];
    int count = page.sideCounts[at];
    if (repeats && valueBits == page.valueBits[at] && count == 0) {
      return Outcome.DUPLICATE;
    }
    int within = count % SIDE_PAIRS;
    if (within == 0) {
      int piece = slabs.allocate();
      if (count == 0) {
        page.sideFirst[at] = piece;
      } else {
        slabs.set(page.sideLast[at], 0, piece);
      }
      page.sideLast[at] = piece;
    }
    slabs.set(page.sideLast[at], 1 + within * 2, timestampMillis);
    slabs.set(page.sideLast[at], 2 + within * 2, valueBits);
    COUNTS.setRelease(page.sideCounts, at, count + 1);
    SAMPLES.setOpaque(this, samples + 1);
    return repeats ? valueBits == page.valueBits[at] ? Outcome.DUPLICATE : Outcome.OVERWRITE : Outcome.OUT_OF_ORDER;
  }

  private int addSlot(int ref) {
    int slot = slotCount;
    if (slot >>> SHIFT == slots.length) {
      Slots[] more = Arrays.copyOf(slots, slots.length + 1);
      more[slot >>> SHIFT] = new Slots();
      slots = more;
    }
    slots[slot >>> SHIFT].refs[slot & MASK] = ref;
    int[][] pages = byRef;
    int page = ref >>> SHIFT;
    if (page >= pages.length) {
      pages = Arrays.copyOf(pages, page + 1 + (page >> 3));
      Arrays.fill(pages, byRef.length, pages.length, EMPTY);
      byRef = pages;
    }
    if (pages[page] == EMPTY) {
      // A new array of pages, so that a reader that sees the page sees it zeroed.
      pages = pages.clone();
      pages[page] = new int[PAGE];
      byRef = pages;
    }
    pages[page][ref & MASK] = slot + 1;
    slotCount = slot + 1;
    return slot;
  }

  /// The slot of a series, or -1. On a reader's thread it may be a slot whose counts are still 0, or whose page is not published.
  private int slotOf(int ref) {
    int[][] pages = byRef;
    int page = ref >>> SHIFT;
    return page >= pages.length || pages[page] == EMPTY ? -1 : pages[page][ref & MASK] - 1;
  }

  /// Whether the series has samples here.
  public boolean has(int ref) {
    int slot = slotOf(ref);
    return slot >= 0 && slot < slotCount;
  }

  /// The series of each slot, in the order of their first samples. For sealing and checkpoints.
  int refOf(int slot) {
    return slots[slot >>> SHIFT].refs[slot & MASK];
  }

  /// Adds the samples of series `ref` within `[fromMillis, toMillis)` to `into`: ascending, one a timestamp, the last written wins.
  /// Any thread.
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    int slot = slotOf(ref);
    if (slot < 0 || slot >>> SHIFT >= slots.length) {
      return;
    }
    Slots page = slots[slot >>> SHIFT];
    int at = slot & MASK;
    // Side before main: a pair that is aside was appended after the main sample that it overwrites, so main can only be newer.
    int side = (int) COUNTS.getAcquire(page.sideCounts, at);
    int count = (int) COUNTS.getAcquire(page.counts, at);
    int begin = into.count;
    if (count > 0) {
      readMain(page.first[at], count, fromMillis, toMillis, into);
    }
    if (side > 0) {
      mergeSide(page.sideFirst[at], side, fromMillis, toMillis, into, begin);
    }
  }

  private void readMain(int firstPiece, int count, long fromMillis, long toMillis, SampleBuffer into) {
    var in = new BitReader(slabs);
    var decoder = new GorillaDecoder();
    int piece = firstPiece;
    for (int left = count; left > 0; left -= CHUNK_SAMPLES) {
      if (slabs.word(piece, 2) >= toMillis) {
        return;
      }
      int next = left > CHUNK_SAMPLES ? (int) slabs.word(piece, 1) : -1;
      if (next < 0 || slabs.word(next, 2) > fromMillis) {
        int n = Math.min(left, CHUNK_SAMPLES);
        into.reserve(n);
        readChunk(piece, n, fromMillis, toMillis, in, decoder, into);
      }
      piece = next;
    }
  }

  private void readChunk(int piece, int count, long fromMillis, long toMillis, BitReader in, GorillaDecoder decoder,
      SampleBuffer into) {
    decoder.begin(slabs.word(piece, 2), slabs.word(piece, 3));
    in.seek(piece, 4 * 64);
    long[] timestamps = into.timestampsMillis;
    double[] values = into.values;
    int at = into.count;
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        decoder.next(in);
      }
      if (decoder.timestamp >= toMillis) {
        break;
      }
      if (decoder.timestamp >= fromMillis) {
        timestamps[at] = decoder.timestamp;
        values[at++] = Double.longBitsToDouble(decoder.valueBits);
      }
    }
    into.count = at;
  }

  private void mergeSide(int firstPiece, int count, long fromMillis, long toMillis, SampleBuffer into, int begin) {
    long[] timestamps = new long[count];
    double[] values = new double[count];
    int n = 0;
    int piece = firstPiece;
    for (int i = 0; i < count; i++) {
      if (i > 0 && i % SIDE_PAIRS == 0) {
        piece = (int) slabs.word(piece, 0);
      }
      long timestamp = slabs.word(piece, 1 + i % SIDE_PAIRS * 2);
      if (timestamp >= fromMillis && timestamp < toMillis) {
        timestamps[n] = timestamp;
        values[n++] = Double.longBitsToDouble(slabs.word(piece, 2 + i % SIDE_PAIRS * 2));
      }
    }
    n = Samples.sortLastWins(timestamps, values, n);
    Samples.mergeNewer(into, begin, timestamps, values, n);
  }

  /// The counts of all slots at this instant. The loop's alone; what they count may be read from any thread later.
  Frozen freeze() {
    int n = slotCount;
    int[] counts = new int[n];
    int[] sideCounts = new int[n];
    for (int page = 0; page << SHIFT < n; page++) {
      int length = Math.min(PAGE, n - (page << SHIFT));
      System.arraycopy(slots[page].counts, 0, counts, page << SHIFT, length);
      System.arraycopy(slots[page].sideCounts, 0, sideCounts, page << SHIFT, length);
    }
    return new Frozen(this, counts, sideCounts, slabs.pieces(), samples);
  }

  /// A window as of one instant, while it may go on growing.
  record Frozen(Window window, int[] counts, int[] sideCounts, int pieces, long samples) {}

  Slabs slabs() {
    return slabs;
  }

  int firstPiece(int slot) {
    return slots[slot >>> SHIFT].first[slot & MASK];
  }

  int sideFirstPiece(int slot) {
    return slots[slot >>> SHIFT].sideFirst[slot & MASK];
  }

  /// Brings a slot back from a checkpoint whose slabs are already here, finding the writer's state by reading the last chunk.
  void restore(int ref, int firstPiece, int count, int sideFirstPiece, int sideCount) {
    int slot = addSlot(ref);
    Slots page = slots[slot >>> SHIFT];
    int at = slot & MASK;
    if (count > 0) {
      page.first[at] = firstPiece;
      int piece = firstPiece;
      int left = count;
      for (; left > CHUNK_SAMPLES; left -= CHUNK_SAMPLES) {
        piece = (int) slabs.word(piece, 1);
      }
      restoreChunk(page, at, piece, left);
    }
    if (sideCount > 0) {
      page.sideFirst[at] = sideFirstPiece;
      int piece = sideFirstPiece;
      for (int left = sideCount; left > SIDE_PAIRS; left -= SIDE_PAIRS) {
        piece = (int) slabs.word(piece, 0);
      }
      page.sideLast[at] = piece;
    }
    COUNTS.setRelease(page.sideCounts, at, sideCount);
    COUNTS.setRelease(page.counts, at, count);
    SAMPLES.setOpaque(this, samples + count + sideCount);
  }

  private void restoreChunk(Slots page, int at, int piece, int count) {
    var in = new BitReader(slabs);
    var decoder = new GorillaDecoder();
    decoder.begin(slabs.word(piece, 2), slabs.word(piece, 3));
    in.seek(piece, 4 * 64);
    for (int i = 1; i < count; i++) {
      decoder.next(in);
    }
    page.chunk[at] = piece;
    page.piece[at] = in.piece();
    page.bit[at] = (short) in.bit();
    page.delta[at] = (int) decoder.delta;
    page.leading[at] = (byte) decoder.leading;
    page.trailing[at] = (byte) decoder.trailing;
    page.timestamps[at] = decoder.timestamp;
    page.valueBits[at] = decoder.valueBits;
    int used = in.bit() & 63;
    if (used != 0) {
      // The copy may hold bits that were written after the count was taken; the encoder adds to this word, so they must go.
      int word = in.bit() >>> 6;
      slabs.set(in.piece(), word, slabs.word(in.piece(), word) & -1L << 64 - used);
    }
  }
}
