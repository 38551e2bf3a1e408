package io.tidemark.storage.head;

import io.tidemark.codec.BitReader;
import io.tidemark.codec.BitWriter;
import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.GorillaDecoder;
import io.tidemark.codec.GorillaEncoder;
import io.tidemark.codec.Slabs;
import io.tidemark.model.Histogram;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Samples;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The samples of all series of a shard within one window of time, `[startMillis, endMillis)`.
///
/// A series has a *slot* here, given at its first sample, so a window that only few series touch stays small. A slot has two
/// streams in the window's slabs:
/// - the main stream: samples in ascending time, in chunks of {@link #CHUNK_SAMPLES}. A chunk starts on a piece of its own with the
///   words link, first piece of the next chunk, first timestamp, first value bits; Gorilla bits follow;
/// - the side stream, for what is not newer than the main stream's last sample: raw pairs in order of arrival, three a piece.
///
/// A sample that is a histogram has the value {@link #BESIDE_HISTOGRAM} in its stream; the histogram is in {@link SlotExtras}, as start
/// times are, by the sample's number in the stream. A slot without any costs a look for them once a read, an append of values nothing.
///
/// One thread appends (or nobody, once the window is sealing); any thread reads. Publication: a slot's counts are released after
/// the bits that they count. A chunk's link to the next one is written before the count that leads there.
public final class Window {
  public static final int CHUNK_SAMPLES = 120;
  static final int SIDE_PAIRS = 3;
  private static final int SHIFT = 9;
  private static final int PAGE = 1 << SHIFT;
  private static final int MASK = PAGE - 1;
  private static final int[] EMPTY = new int[0];
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle SAMPLES;

  static {
    try {
      SAMPLES = MethodHandles.lookup().findVarHandle(Window.class, "samples", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // A slot is eight words side by side, so that an append touches one or two lines of cache. All but COUNTS are the writer's.
  private static final int SLOT_SHIFT = 3;
  private static final int TIMESTAMP = 0;
  private static final int VALUE = 1;
  /// Main samples in the upper, side samples in the lower half; published.
  private static final int COUNTS = 2;
  /// Delta in the upper half, place of the next bit in the lower.
  private static final int DELTA_PIECE = 3;
  /// Bit in piece, leading, trailing zeros: 16, 8, 8 bits.
  private static final int BITS = 4;
  /// First and present chunk.
  private static final int CHUNKS = 5;
  /// First and last piece of the side stream.
  private static final int SIDE = 6;
  private static final int REF = 7;

  /// Says nothing: the extras tell which samples are histograms.
  private static final long BESIDE_HISTOGRAM = 0;

  /// What became of a sample.
  enum Outcome { IN_ORDER, OUT_OF_ORDER, DUPLICATE, OVERWRITE }

  public final long startMillis;
  public final long endMillis;
  private final Slabs slabs;
  private final BitWriter out;
  private final GorillaEncoder encoder = new GorillaEncoder();
  /// Pages of slots, by number.
  private volatile long[][] slots = new long[0][];
  /// Slot + 1 by series ref, in pages made when touched.
  private volatile int[][] byRef = new int[0][];
  private volatile int slotCount;
  private final WindowExtras extras;
  /// The log position at which appends ended, or -1 while it is open. The loop's alone.
  private long sealedAt = -1;
  /// What {@link CutRule} decides from: the newest time in the log and the log's bytes at the end of the record that opened the window,
  /// and the log's bytes when it last grew. The loop's alone; negative bytes before that record's end.
  long bornNewestMillis = Long.MIN_VALUE;
  long bornLogBytes = -1;
  long grownLogBytes;
  private long samples;

  Window(long startMillis, long endMillis) {
    this.startMillis = startMillis;
    this.endMillis = endMillis;
    slabs = new Slabs();
    out = new BitWriter(slabs);
    extras = new WindowExtras(slabs);
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
    return slabs.bytes() + slots.length * ((PAGE << SLOT_SHIFT) * 8L + 16) + byRef.length * (PAGE * 4L + 24) + extras.bytes();
  }

  Outcome append(int ref, long timestampMillis, long valueBits) {
    assert timestampMillis >= startMillis && timestampMillis < endMillis;
    int slot = slotOf(ref);
    if (slot < 0) {
      slot = addSlot(ref);
    }
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    long counts = page[at + COUNTS];
    if (counts >>> 32 > 0 && timestampMillis <= page[at + TIMESTAMP]) {
      boolean repeats = timestampMillis == page[at + TIMESTAMP] && valueBits == page[at + VALUE] && !isHistogram(slot, counts);
      return repeats && (int) counts == 0 ? Outcome.DUPLICATE : appendAside(page, at, timestampMillis, valueBits, repeats);
    }
    return appendMain(page, at, counts, timestampMillis, valueBits);
  }

  /// Appends a sample that is a histogram, or has a start time, or both.
  ///
  /// @param valueBits   counts if there is no histogram
  /// @param startMillis 0 for unknown
  Outcome append(int ref, long timestampMillis, long valueBits, @Nullable Histogram histogram, long startMillis) {
    assert timestampMillis >= this.startMillis && timestampMillis < endMillis;
    int slot = slotOf(ref);
    if (slot < 0) {
      slot = addSlot(ref);
    }
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    long counts = page[at + COUNTS];
    int mainCount = (int) (counts >>> 32);
    long bits = histogram == null ? valueBits : BESIDE_HISTOGRAM;
    SlotExtras some = extras.make(slot);
    if (mainCount == 0 || timestampMillis > page[at + TIMESTAMP]) {
      some.main.add(out, mainCount, histogram, startMillis);
      return appendMain(page, at, counts, timestampMillis, bits);
    }
    boolean repeats = timestampMillis == page[at + TIMESTAMP] && bits == page[at + VALUE]
        && some.main.isLast(mainCount - 1, histogram, startMillis);
    if (repeats && (int) counts == 0) {
      return Outcome.DUPLICATE;
    }
    some.side.add(out, (int) counts, histogram, startMillis);
    return appendAside(page, at, timestampMillis, bits, repeats);
  }

  /// Whether the newest sample of the main stream is a histogram. The loop's alone.
  private boolean isHistogram(int slot, long counts) {
    SlotExtras some = extras.of(slot);
    return some != null && some.main.isHistogram((int) (counts >>> 32) - 1);
  }

  private Outcome appendMain(long[] page, int at, long counts, long timestampMillis, long valueBits) {
    if ((counts >>> 32) % CHUNK_SAMPLES == 0) {
      beginChunk(page, at, counts, timestampMillis, valueBits);
    } else {
      long deltaPiece = page[at + DELTA_PIECE];
      long bits = page[at + BITS];
      encoder.timestamp = page[at + TIMESTAMP];
      encoder.valueBits = page[at + VALUE];
      encoder.delta = deltaPiece >> 32;
      encoder.leading = (int) (bits >>> 8) & 0xff;
      encoder.trailing = (int) bits & 0xff;
      out.resume((int) deltaPiece, (int) (bits >>> 16));
      encoder.append(out, timestampMillis, valueBits);
      page[at + DELTA_PIECE] = encoder.delta << 32 | out.piece();
      page[at + BITS] = (long) out.bit() << 16 | encoder.leading << 8 | encoder.trailing;
      page[at + TIMESTAMP] = timestampMillis;
      page[at + VALUE] = valueBits;
    }
    WORDS.setRelease(page, at + COUNTS, counts + (1L << 32));
    SAMPLES.setOpaque(this, samples + 1);
    return Outcome.IN_ORDER;
  }

  private void beginChunk(long[] page, int at, long counts, long timestampMillis, long valueBits) {
    int piece = slabs.allocate();
    slabs.set(piece, 2, timestampMillis);
    slabs.set(piece, 3, valueBits);
    if (counts >>> 32 == 0) {
      page[at + CHUNKS] = (long) piece << 32 | piece;
    } else {
      slabs.set((int) page[at + CHUNKS], 1, piece);
      page[at + CHUNKS] = page[at + CHUNKS] >>> 32 << 32 | piece;
    }
    page[at + DELTA_PIECE] = piece;
    page[at + BITS] = 4 * 64 << 16 | GorillaEncoder.NO_WINDOW << 8;
    page[at + TIMESTAMP] = timestampMillis;
    page[at + VALUE] = valueBits;
  }

  /// @param repeats whether the newest main sample says the same
  private Outcome appendAside(long[] page, int at, long timestampMillis, long valueBits, boolean repeats) {
    int count = (int) page[at + COUNTS];
    int within = count % SIDE_PAIRS;
    if (within == 0) {
      int piece = slabs.allocate();
      if (count == 0) {
        page[at + SIDE] = (long) piece << 32 | piece;
      } else {
        slabs.set((int) page[at + SIDE], 0, piece);
        page[at + SIDE] = page[at + SIDE] >>> 32 << 32 | piece;
      }
    }
    int last = (int) page[at + SIDE];
    slabs.set(last, 1 + within * 2, timestampMillis);
    slabs.set(last, 2 + within * 2, valueBits);
    WORDS.setRelease(page, at + COUNTS, page[at + COUNTS] + 1);
    SAMPLES.setOpaque(this, samples + 1);
    if (repeats) {
      return Outcome.DUPLICATE;
    }
    return timestampMillis == page[at + TIMESTAMP] ? Outcome.OVERWRITE : Outcome.OUT_OF_ORDER;
  }

  private int addSlot(int ref) {
    int slot = slotCount;
    if (slot >>> SHIFT == slots.length) {
      long[][] more = Arrays.copyOf(slots, slots.length + 1);
      more[slot >>> SHIFT] = new long[PAGE << SLOT_SHIFT];
      slots = more;
    }
    slots[slot >>> SHIFT][((slot & MASK) << SLOT_SHIFT) + REF] = ref;
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

  /// About how many samples the series has within `[fromMillis, toMillis)`: of those in order a share by time, of the others all. Any
  /// thread.
  long samples(int ref, long fromMillis, long toMillis) {
    int slot = slotOf(ref);
    if (slot < 0 || slot >>> SHIFT >= slots.length) {
      return 0;
    }
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    long counts = (long) WORDS.getAcquire(page, at + COUNTS);
    int main = (int) (counts >>> 32);
    if (main == 0 || fromMillis <= startMillis && toMillis >= endMillis) {
      return main + (int) counts;
    }
    // The writer's last timestamp may be newer than what the count counts; a share does not mind.
    return Estimate.share(main, slabs.word((int) (page[at + CHUNKS] >>> 32), 2), page[at + TIMESTAMP], fromMillis, toMillis)
        + (int) counts;
  }

  private long word(int slot, int word) {
    return slots[slot >>> SHIFT][((slot & MASK) << SLOT_SHIFT) + word];
  }

  /// Adds the samples of series `ref` within `[fromMillis, toMillis)` to `into`: ascending, one a timestamp, the last written wins.
  /// Any thread.
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    int slot = slotOf(ref);
    if (slot < 0 || slot >>> SHIFT >= slots.length) {
      return;
    }
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    // One word, so the side samples that count are never newer than the main samples that count.
    long counts = (long) WORDS.getAcquire(page, at + COUNTS);
    int begin = into.count;
    SlotExtras some = extras.of(slot);
    if (some != null) {
      extras.readMain(some.main, (int) (page[at + CHUNKS] >>> 32), (int) (counts >>> 32), fromMillis, toMillis, into);
      extras.mergeSide(some.side, (int) (page[at + SIDE] >>> 32), (int) counts, fromMillis, toMillis, into, begin);
      return;
    }
    if (counts >>> 32 > 0) {
      readMain((int) (page[at + CHUNKS] >>> 32), (int) (counts >>> 32), fromMillis, toMillis, into);
    }
    if ((int) counts > 0) {
      mergeSide((int) (page[at + SIDE] >>> 32), (int) counts, fromMillis, toMillis, into, begin);
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

  /// Puts the newest sample of series `ref` within `[fromMillis, toMillis)` into an empty `into`, if there is one. Any thread.
  void readNewest(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    int slot = slotOf(ref);
    if (slot < 0 || slot >>> SHIFT >= slots.length) {
      return;
    }
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    long counts = (long) WORDS.getAcquire(page, at + COUNTS);
    if ((int) counts > 0 || extras.of(slot) != null) {
      read(ref, fromMillis, toMillis, into);
      into.keepNewest();
    } else if (counts >>> 32 > 0) {
      readNewestMain((int) (page[at + CHUNKS] >>> 32), (int) (counts >>> 32), fromMillis, toMillis, into);
    }
  }

  /// Only the last chunk that begins before `toMillis` is decoded.
  private void readNewestMain(int firstPiece, int count, long fromMillis, long toMillis, SampleBuffer into) {
    int piece = firstPiece;
    int left = count;
    if (slabs.word(piece, 2) >= toMillis) {
      return;
    }
    while (left > CHUNK_SAMPLES) {
      int next = (int) slabs.word(piece, 1);
      if (slabs.word(next, 2) >= toMillis) {
        break;
      }
      piece = next;
      left -= CHUNK_SAMPLES;
    }
    var in = new BitReader(slabs);
    var decoder = new GorillaDecoder();
    decoder.begin(slabs.word(piece, 2), slabs.word(piece, 3));
    in.seek(piece, 4 * 64);
    long timestamp = decoder.timestamp;
    long bits = decoder.valueBits;
    for (int i = Math.min(left, CHUNK_SAMPLES); i > 1; i--) {
      decoder.next(in);
      if (decoder.timestamp >= toMillis) {
        break;
      }
      timestamp = decoder.timestamp;
      bits = decoder.valueBits;
    }
    if (timestamp >= fromMillis) {
      into.add(timestamp, Double.longBitsToDouble(bits));
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

  /// All slots as they are at this instant. The loop's alone; what they count may be read from any thread later.
  Frozen freeze() {
    long[][] copy = new long[slots.length][];
    for (int page = 0; page < copy.length; page++) {
      copy[page] = slots[page].clone();
    }
    return new Frozen(this, copy, slotCount, extras.freeze(), slabs.pieces(), grownLogBytes);
  }

  /// A window as of one instant, while it may go on growing.
  ///
  /// @param slots a copy, as {@link Window} keeps them
  record Frozen(Window window, long[][] slots, int slotCount, List<SlotExtras.Frozen> extras, int pieces, long grownLogBytes) {
    private long word(int slot, int word) {
      return slots[slot >>> SHIFT][((slot & MASK) << SLOT_SHIFT) + word];
    }

    /// The series of a slot.
    int ref(int slot) {
      return (int) word(slot, REF);
    }

    int count(int slot) {
      return (int) (word(slot, COUNTS) >>> 32);
    }

    int sideCount(int slot) {
      return (int) word(slot, COUNTS);
    }

    /// Writes a slot with where its writer is, as {@link Window#restore} reads it.
    void write(int slot, ByteWriter out) {
      out.writeVarint(ref(slot));
      out.writeVarint(count(slot));
      out.writeVarint(sideCount(slot));
      if (count(slot) > 0) {
        long chunks = word(slot, CHUNKS);
        long deltaPiece = word(slot, DELTA_PIECE);
        out.writeVarint(chunks >>> 32);
        out.writeVarint((int) chunks);
        out.writeVarint(word(slot, TIMESTAMP) - window.startMillis);
        out.writeLong(word(slot, VALUE));
        out.writeZigzag(deltaPiece >> 32);
        out.writeVarint((int) deltaPiece);
        out.writeVarint(word(slot, BITS));
      }
      if (sideCount(slot) > 0) {
        long side = word(slot, SIDE);
        out.writeVarint(side >>> 32);
        out.writeVarint((int) side);
      }
    }
  }

  Slabs slabs() {
    return slabs;
  }

  /// Brings a slot back from a checkpoint whose slabs are already here.
  ///
  /// @param ref what the series is called now
  void restore(int ref, int count, int sideCount, ByteReader in) {
    int slot = addSlot(ref);
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    if (count > 0) {
      page[at + CHUNKS] = (long) readPiece(in) << 32 | readPiece(in);
      page[at + TIMESTAMP] = startMillis + in.readVarint();
      page[at + VALUE] = in.readLong();
      long delta = in.readZigzag();
      int piece = readPiece(in);
      page[at + DELTA_PIECE] = delta << 32 | piece;
      long bits = in.readCount(0);
      if (bits >>> 16 > Slabs.PIECE_BITS) {
        throw in.corrupt("bit " + (bits >>> 16) + " of a piece");
      }
      page[at + BITS] = bits;
      forgetBitsFrom(slabs, piece, (int) (bits >>> 16));
    }
    if (sideCount > 0) {
      page[at + SIDE] = (long) readPiece(in) << 32 | readPiece(in);
    }
    page[at + COUNTS] = (long) count << 32 | sideCount;
    samples += count + sideCount;
  }

  private int readPiece(ByteReader in) {
    int piece = in.readCount(0);
    if (piece >= slabs.pieces()) {
      throw in.corrupt("piece " + piece + " of " + slabs.pieces());
    }
    return piece;
  }

  /// Brings a slot back from a checkpoint of version 4 or earlier whose slabs are already here, finding the writer's state by reading the
  /// last chunk.
  void restore(int ref, int firstPiece, int count, int sideFirstPiece, int sideCount) {
    int slot = addSlot(ref);
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    if (count > 0) {
      int piece = firstPiece;
      int left = count;
      for (; left > CHUNK_SAMPLES; left -= CHUNK_SAMPLES) {
        piece = (int) slabs.word(piece, 1);
      }
      page[at + CHUNKS] = (long) firstPiece << 32 | piece;
      restoreChunk(page, at, piece, left);
    }
    if (sideCount > 0) {
      int piece = sideFirstPiece;
      for (int left = sideCount; left > SIDE_PAIRS; left -= SIDE_PAIRS) {
        piece = (int) slabs.word(piece, 0);
      }
      page[at + SIDE] = (long) sideFirstPiece << 32 | piece;
    }
    WORDS.setRelease(page, at + COUNTS, (long) count << 32 | sideCount);
    SAMPLES.setOpaque(this, samples + count + sideCount);
  }

  /// Brings back what a slot has besides values, after {@link #restore}.
  void restoreExtras(int slot, ByteReader in) {
    extras.make(slot).restore(in);
  }

  private void restoreChunk(long[] page, int at, int piece, int count) {
    var in = new BitReader(slabs);
    var decoder = new GorillaDecoder();
    decoder.begin(slabs.word(piece, 2), slabs.word(piece, 3));
    in.seek(piece, 4 * 64);
    for (int i = 1; i < count; i++) {
      decoder.next(in);
    }
    page[at + DELTA_PIECE] = decoder.delta << 32 | in.piece();
    page[at + BITS] = (long) in.bit() << 16 | decoder.leading << 8 | decoder.trailing;
    page[at + TIMESTAMP] = decoder.timestamp;
    page[at + VALUE] = decoder.valueBits;
    forgetBitsFrom(slabs, in.piece(), in.bit());
  }

  /// A copy of slabs may hold bits that were written after the count was taken; writers add to this word, so they must go.
  static void forgetBitsFrom(Slabs slabs, int piece, int bit) {
    int used = bit & 63;
    if (used != 0) {
      slabs.set(piece, bit >>> 6, slabs.word(piece, bit >>> 6) & -1L << 64 - used);
    }
  }
}
