package io.tidemark.storage.head;

import io.tidemark.codec.BitReader;
import io.tidemark.codec.BitWriter;
import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ChunkDecoder;
import io.tidemark.codec.ChunkEncoder;
import io.tidemark.codec.GorillaDecoder;
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
/// - the main stream: samples in ascending time, in chunks of {@link #CHUNK_SAMPLES}, each on pieces of its own ({@link ChunkEncoder}). The
///   last bits of the newest chunk are in the slot, so most appends touch nothing else;
/// - the side stream, for what is not newer than the main stream's last sample: raw pairs in order of arrival, three a piece.
///
/// A sample that is a histogram has the value {@link #BESIDE_HISTOGRAM} in its stream; the histogram is in {@link SlotExtras}, as start
/// times are, by the sample's number in the stream. A slot without any costs a look for them once a read, an append of values nothing.
///
/// One thread appends (or nobody, once the window is sealing); any thread reads. Publication: a slot's counts are released after
/// the bits that they count; a reader takes the counts, then the tail. A chunk's link to the next one is written before the count that
/// leads there.
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

  // A slot is eight words side by side, so that an append touches one or two lines of cache. It begins with the state of the main stream's
  // writer; what follows but COUNTS is the writer's alone, as far as it changes.
  private static final int SLOT_SHIFT = 3;
  private static final int TIMESTAMP = ChunkEncoder.TIMESTAMP;
  private static final int VALUE = ChunkEncoder.VALUE;
  /// Main samples in the upper, side samples in the lower half; published.
  private static final int COUNTS = ChunkEncoder.STATE_WORDS;
  /// First and present chunk.
  private static final int CHUNKS = COUNTS + 1;
  /// First piece of the side stream, and the series. The last piece is in the first one.
  private static final int SIDE_REF = COUNTS + 2;
  private static final int SIDE_LAST = 7;

  /// Says nothing: the extras tell which samples are histograms.
  private static final long BESIDE_HISTOGRAM = 0;

  /// What became of a sample.
  enum Outcome { IN_ORDER, OUT_OF_ORDER, DUPLICATE, OVERWRITE }

  public final long startMillis;
  public final long endMillis;
  private final Slabs slabs;
  private final BitWriter out;
  private final ChunkEncoder encoder;
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
    encoder = new ChunkEncoder(slabs);
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
    int slot = slotToAppend(ref);
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
    int slot = slotToAppend(ref);
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
      encoder.append(page, at, timestampMillis, valueBits);
    }
    WORDS.setRelease(page, at + COUNTS, counts + (1L << 32));
    SAMPLES.setOpaque(this, samples + 1);
    return Outcome.IN_ORDER;
  }

  /// Appends samples `[from, to)` of a series, one or more: ascending, newer than what it has here, of times in this window.
  void append(int ref, long[] timestampsMillis, long[] valueBits, int from, int to) {
    int slot = slotToAppend(ref);
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    long counts = page[at + COUNTS];
    assert counts >>> 32 == 0 || timestampsMillis[from] > page[at + TIMESTAMP];
    int i = from;
    while (i < to) {
      int inChunk = (int) (counts >>> 32) % CHUNK_SAMPLES;
      int end = inChunk == 0 ? i + 1 : Math.min(to, i + CHUNK_SAMPLES - inChunk);
      if (inChunk == 0) {
        beginChunk(page, at, counts, timestampsMillis[i], valueBits[i]);
      } else {
        encoder.append(page, at, timestampsMillis, valueBits, i, end);
      }
      counts += (long) (end - i) << 32;
      i = end;
    }
    WORDS.setRelease(page, at + COUNTS, counts);
    SAMPLES.setOpaque(this, samples + to - from);
  }

  private void beginChunk(long[] page, int at, long counts, long timestampMillis, long valueBits) {
    if (counts >>> 32 == 0) {
      int piece = encoder.begin(page, at, timestampMillis, valueBits);
      page[at + CHUNKS] = (long) piece << 32 | piece;
    } else {
      encoder.end(page, at);
      int piece = encoder.begin(page, at, timestampMillis, valueBits);
      encoder.link((int) page[at + CHUNKS], piece);
      page[at + CHUNKS] = page[at + CHUNKS] >>> 32 << 32 | piece;
    }
  }

  /// @param repeats whether the newest main sample says the same
  private Outcome appendAside(long[] page, int at, long timestampMillis, long valueBits, boolean repeats) {
    int count = (int) page[at + COUNTS];
    int within = count % SIDE_PAIRS;
    if (within == 0) {
      int piece = slabs.allocate();
      if (count == 0) {
        page[at + SIDE_REF] |= (long) piece << 32;
      } else {
        slabs.set(lastOfSide(page, at), 0, piece);
      }
      slabs.set((int) (page[at + SIDE_REF] >>> 32), SIDE_LAST, piece);
    }
    int last = lastOfSide(page, at);
    slabs.set(last, 1 + within * 2, timestampMillis);
    slabs.set(last, 2 + within * 2, valueBits);
    WORDS.setRelease(page, at + COUNTS, page[at + COUNTS] + 1);
    SAMPLES.setOpaque(this, samples + 1);
    if (repeats) {
      return Outcome.DUPLICATE;
    }
    return timestampMillis == page[at + TIMESTAMP] ? Outcome.OVERWRITE : Outcome.OUT_OF_ORDER;
  }

  private int lastOfSide(long[] page, int at) {
    return (int) slabs.word((int) (page[at + SIDE_REF] >>> 32), SIDE_LAST);
  }

  /// The slot of a series, made if it has none here.
  private int slotToAppend(int ref) {
    int slot = slotOf(ref);
    return slot < 0 ? addSlot(ref) : slot;
  }

  private int addSlot(int ref) {
    int slot = slotCount;
    if (slot >>> SHIFT == slots.length) {
      long[][] more = Arrays.copyOf(slots, slots.length + 1);
      more[slot >>> SHIFT] = new long[PAGE << SLOT_SHIFT];
      slots = more;
    }
    slots[slot >>> SHIFT][((slot & MASK) << SLOT_SHIFT) + SIDE_REF] = ref;
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
    long first = slabs.word((int) (page[at + CHUNKS] >>> 32), ChunkEncoder.FIRST_TIMESTAMP);
    return Estimate.share(main, first, page[at + TIMESTAMP], fromMillis, toMillis) + (int) counts;
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
    var decoder = new ChunkDecoder(slabs);
    decoder.takeTail(page, at);
    int begin = into.count;
    SlotExtras some = extras.of(slot);
    if (some != null) {
      extras.readMain(some.main, decoder, (int) (page[at + CHUNKS] >>> 32), (int) (counts >>> 32), fromMillis, toMillis, into);
      extras.mergeSide(some.side, (int) (page[at + SIDE_REF] >>> 32), (int) counts, fromMillis, toMillis, into, begin);
      return;
    }
    if (counts >>> 32 > 0) {
      readMain(decoder, (int) (page[at + CHUNKS] >>> 32), (int) (counts >>> 32), fromMillis, toMillis, into);
    }
    if ((int) counts > 0) {
      mergeSide((int) (page[at + SIDE_REF] >>> 32), (int) counts, fromMillis, toMillis, into, begin);
    }
  }

  private static void readMain(ChunkDecoder decoder, int firstPiece, int count, long fromMillis, long toMillis, SampleBuffer into) {
    int piece = firstPiece;
    for (int left = count; left > 0; left -= CHUNK_SAMPLES) {
      if (decoder.firstTimestamp(piece) >= toMillis) {
        return;
      }
      int next = left > CHUNK_SAMPLES ? decoder.nextChunk(piece) : -1;
      if (next < 0 || decoder.firstTimestamp(next) > fromMillis) {
        readChunk(decoder, piece, Math.min(left, CHUNK_SAMPLES), fromMillis, toMillis, into);
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
      var decoder = new ChunkDecoder(slabs);
      decoder.takeTail(page, at);
      readNewestMain(decoder, (int) (page[at + CHUNKS] >>> 32), (int) (counts >>> 32), fromMillis, toMillis, into);
    }
  }

  /// Only the last chunk that begins before `toMillis` is decoded.
  private static void readNewestMain(ChunkDecoder decoder, int firstPiece, int count, long fromMillis, long toMillis, SampleBuffer into) {
    int piece = firstPiece;
    int left = count;
    if (decoder.firstTimestamp(piece) >= toMillis) {
      return;
    }
    while (left > CHUNK_SAMPLES) {
      int next = decoder.nextChunk(piece);
      if (decoder.firstTimestamp(next) >= toMillis) {
        break;
      }
      piece = next;
      left -= CHUNK_SAMPLES;
    }
    readChunk(decoder, piece, Math.min(left, CHUNK_SAMPLES), fromMillis, toMillis, into);
    into.keepNewest();
  }

  private static void readChunk(ChunkDecoder decoder, int piece, int count, long fromMillis, long toMillis, SampleBuffer into) {
    into.reserve(count);
    long[] timestamps = into.timestampsMillis;
    int at = into.count;
    decoder.decode(piece, count, timestamps, into.values, at);
    int end = at + count;
    while (end > at && timestamps[end - 1] >= toMillis) {
      end--;
    }
    int from = at;
    while (from < end && timestamps[from] < fromMillis) {
      from++;
    }
    if (from > at) {
      System.arraycopy(timestamps, from, timestamps, at, end - from);
      System.arraycopy(into.values, from, into.values, at, end - from);
    }
    into.count = at + end - from;
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
      return (int) word(slot, SIDE_REF);
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
        out.writeVarint(chunks >>> 32);
        out.writeVarint((int) chunks);
        ChunkEncoder.writeState(slots[slot >>> SHIFT], (slot & MASK) << SLOT_SHIFT, window.startMillis, out);
      }
      if (sideCount(slot) > 0) {
        out.writeVarint(word(slot, SIDE_REF) >>> 32);
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
      page[at + CHUNKS] = (long) slabs.readPiece(in) << 32 | slabs.readPiece(in);
      encoder.readState(page, at, startMillis, in);
    }
    if (sideCount > 0) {
      restoreSide(page, at, slabs.readPiece(in), sideCount);
    }
    page[at + COUNTS] = (long) count << 32 | sideCount;
    samples += count + sideCount;
  }

  private void restoreSide(long[] page, int at, int firstPiece, int count) {
    page[at + SIDE_REF] |= (long) firstPiece << 32;
    int piece = firstPiece;
    for (int left = count; left > SIDE_PAIRS; left -= SIDE_PAIRS) {
      piece = (int) slabs.word(piece, 0);
    }
    slabs.set(firstPiece, SIDE_LAST, piece);
  }

  /// Brings a slot back from a checkpoint of version 5 or earlier whose slabs are already here: its samples are written anew. Their old
  /// pieces stay until the window goes.
  ///
  /// @param firstPiece     means something when `count` is above 0
  /// @param sideFirstPiece means something when `sideCount` is above 0
  void restoreOld(int ref, int firstPiece, int count, int sideFirstPiece, int sideCount) {
    int slot = addSlot(ref);
    long[] page = slots[slot >>> SHIFT];
    int at = (slot & MASK) << SLOT_SHIFT;
    var in = new BitReader(slabs);
    var decoder = new GorillaDecoder();
    int piece = firstPiece;
    for (int i = 0; i < count; i++) {
      if (i % CHUNK_SAMPLES == 0) {
        piece = i == 0 ? firstPiece : (int) slabs.word(piece, 1);
        decoder.begin(slabs.word(piece, 2), slabs.word(piece, 3));
        in.seek(piece, 4 * 64);
      } else {
        decoder.next(in);
      }
      appendMain(page, at, page[at + COUNTS], decoder.timestamp, decoder.valueBits);
    }
    if (sideCount > 0) {
      restoreSide(page, at, sideFirstPiece, sideCount);
      WORDS.setRelease(page, at + COUNTS, page[at + COUNTS] + sideCount);
      SAMPLES.setOpaque(this, samples + sideCount);
    }
  }

  /// Brings back what a slot has besides values, after {@link #restore}.
  void restoreExtras(int slot, ByteReader in) {
    extras.make(slot).restore(in);
  }
}
