package io.tidemark.query.kernel;

/// The samples of one window after the other: those of the step that was moved to last are `[low, high)`. Owned by one thread.
///
/// Scrapes are regular, so each edge mostly moves on by as many samples as the step before.
final class Sliding {
  private final long[] timestamps;
  private final int count;
  private final Windows windows;
  private int low;
  private int lowStride;
  private int high;
  private int highStride;

  /// @param timestamps ascending; the first `count` of them
  Sliding(long[] timestamps, int count, Windows windows) {
    this.timestamps = timestamps;
    this.count = count;
    this.windows = windows;
  }

  /// Moves to a step that is not before the last one.
  void to(int step) {
    long end = windows.endMillis(step);
    int highNext = Windows.past(timestamps, high, count, end, highStride);
    highStride = highNext - high;
    high = highNext;
    int lowNext = Windows.past(timestamps, low, high, end - windows.rangeMillis(), lowStride);
    lowStride = lowNext - low;
    low = lowNext;
  }

  int low() {
    return low;
  }

  int high() {
    return high;
  }
}
