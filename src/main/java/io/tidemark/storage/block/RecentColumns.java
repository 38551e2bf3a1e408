package io.tidemark.storage.block;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Columns of blocks of this process that were read before, as they are when decoded. Any thread.
///
/// A column has one place, found by its hash. It is kept when it is asked for the second time, and takes the place of another only if that
/// one was not asked for since the last attempt: a query over everything does not push out what dashboards come back to.
///
/// @param <T> an array of the column's numbers, not to be changed
public final class RecentColumns<T> {
  /// Of the heap, for timestamps: all series of a scrape have the same ones.
  private static final int TIMES_SHARE = 64;
  /// Of the heap, for values.
  private static final int VALUES_SHARE = 8;
  /// Of the heap, for moments.
  private static final int MOMENTS_SHARE = 64;
  /// A column of two hours at 15 s.
  private static final int BYTES_USUAL = 480 * Long.BYTES;
  /// Of ten minutes at 15 s.
  private static final int MOMENT_BYTES_USUAL = 2 * 40 * Long.BYTES;
  private static final int PLACES_MAX = 1 << 22;
  private static final int SEEN_PER_PLACE = 4;
  private static final RecentColumns<long[]> TIMES = new RecentColumns<>(Runtime.getRuntime().maxMemory() / TIMES_SHARE, BYTES_USUAL);
  private static final RecentColumns<double[]> VALUES = new RecentColumns<>(Runtime.getRuntime().maxMemory() / VALUES_SHARE, BYTES_USUAL);
  private static final RecentColumns<long[]> MOMENTS = new RecentColumns<>(Runtime.getRuntime().maxMemory() / MOMENTS_SHARE,
      MOMENT_BYTES_USUAL);

  /// What has a place.
  private static final class Column<T> {
    final long block;
    final long number;
    final T content;
    final int bytes;
    /// Whether it was asked for since somebody last wanted its place. Races only blur what is forgotten first.
    boolean used = true;

    Column(long block, long number, T content, int bytes) {
      this.block = block;
      this.number = number;
      this.content = content;
      this.bytes = bytes;
    }

    boolean is(long wantedBlock, long wantedNumber) {
      return block == wantedBlock && number == wantedNumber;
    }
  }

  private final long bytesMax;
  private final int bytesUsual;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicReferenceArray<Column<T>> places;
  /// Of columns that were asked for once, a part of their hash; the next one with the same place forgets it.
  private final AtomicIntegerArray seen;

  /// @param bytesUsual of one column
  RecentColumns(long bytesMax, int bytesUsual) {
    this.bytesMax = bytesMax;
    this.bytesUsual = bytesUsual;
    int count = (int) Long.highestOneBit(Math.clamp(bytesMax / bytesUsual, 16, PLACES_MAX));
    places = new AtomicReferenceArray<>(count);
    seen = new AtomicIntegerArray(count * SEEN_PER_PLACE);
  }

  /// Timestamps in milliseconds.
  public static RecentColumns<long[]> times() {
    return TIMES;
  }

  /// Values of samples.
  public static RecentColumns<double[]> values() {
    return VALUES;
  }

  /// What short ranges of series hold, each a {@link Moment}; their number is the series' ref.
  public static RecentColumns<long[]> moments() {
    return MOMENTS;
  }

  /// The most bytes that the columns take.
  public long bytesMax() {
    return bytesMax;
  }

  /// What the columns take now.
  public long bytes() {
    return bytes.get();
  }

  private static long hash(long block, long number) {
    return (block * 0x9e37_79b9_7f4a_7c15L + number) * 0xd6e8_feb8_6659_fd93L;
  }

  private int place(long block, long number) {
    return (int) (hash(block, number) >>> 32) & places.length() - 1;
  }

  /// The column's numbers, or null.
  ///
  /// @param block  the block's number in this process
  /// @param number the column's in it
  @Nullable T find(long block, long number) {
    Column<T> there = places.get(place(block, number));
    if (there == null || !there.is(block, number)) {
      return null;
    }
    there.used = true;
    return there.content;
  }

  /// For a column that was not found: whether it was asked for before and can have its place, so that it is worth keeping. Rarely it tells
  /// so of one that was not asked for.
  boolean isWorthKeeping(long block, long number) {
    long hash = hash(block, number);
    if (seen.getAndSet((int) (hash >>> 32) & seen.length() - 1, (int) hash) != (int) hash) {
      return false;
    }
    Column<T> there = places.get(place(block, number));
    if (there == null) {
      return bytes.get() + bytesUsual <= bytesMax;
    }
    boolean isFree = !there.used;
    there.used = false;
    return isFree;
  }

  /// Remembers a column in its place, unless all would take too much.
  ///
  /// @param content of `size` bytes, the caller's no more
  void keep(long block, long number, T content, int size) {
    int place = place(block, number);
    Column<T> there = places.get(place);
    int more = size - (there == null ? 0 : there.bytes);
    boolean fits = bytes.addAndGet(more) <= bytesMax || more <= 0;
    if (!fits || !places.compareAndSet(place, there, new Column<>(block, number, content, size))) {
      bytes.addAndGet(-more);
    }
  }
}
