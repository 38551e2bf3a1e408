package io.tidemark.storage.block;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Time columns that were read last, of all blocks of the process: all series of a scrape have the same one, and a query over many targets
/// comes back to each. Its places are fixed, and a newer column pushes out the one that has its place. Any thread.
public final class RecentTimes {
  /// Of the heap, if each column has the most samples.
  private static final int HEAP_SHARE = 64;
  private static final int PLACES_MAX = 1 << 14;
  private static final RecentTimes SHARED = new RecentTimes(Runtime.getRuntime().maxMemory());

  /// @param block  the block's number in this process
  /// @param column the column's number in it
  private record Column(long block, int column, long[] times) {}

  private final AtomicReferenceArray<Column> places;

  private RecentTimes(long heapBytes) {
    long places = heapBytes / HEAP_SHARE / (BlockFormat.RUN_SAMPLES_MAX * Long.BYTES);
    this.places = new AtomicReferenceArray<>((int) Long.highestOneBit(Math.clamp(places, 16, PLACES_MAX)));
  }

  static RecentTimes shared() {
    return SHARED;
  }

  /// The most bytes that the columns take.
  public static long bytesMax() {
    return (long) SHARED.places.length() * BlockFormat.RUN_SAMPLES_MAX * Long.BYTES;
  }

  /// What the columns take now.
  public static long bytes() {
    long bytes = 0;
    for (int i = 0; i < SHARED.places.length(); i++) {
      Column column = SHARED.places.get(i);
      bytes += column == null ? 0 : (long) column.times.length * Long.BYTES;
    }
    return bytes;
  }

  private int place(long block, int column) {
    return (int) (block * 0x9e37_79b9_7f4a_7c15L >>> 40) + column & places.length() - 1;
  }

  /// A column's timestamps, not to be changed, or null.
  long @Nullable [] find(long block, int column) {
    Column there = places.get(place(block, column));
    return there != null && there.block == block && there.column == column ? there.times : null;
  }

  /// Remembers `times[at..at+count)`.
  void keep(long block, int column, long[] times, int at, int count) {
    places.set(place(block, column), new Column(block, column, Arrays.copyOfRange(times, at, at + count)));
  }
}
