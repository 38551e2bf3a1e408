package io.tidemark.query.kernel;

import java.util.Arrays;

/// The values of one window after the other, sorted: NaN first, -0 before 0. Owned by one thread.
///
/// A step that brings few samples inserts and removes them, each for a binary search and a shift of what lies behind; one that brings many,
/// as the first of all, copies its window and sorts it.
final class SortedWindow {
  /// A sort costs about as much as this for each doubling of the window, in samples that come or go.
  private static final int CHANGES_PER_DOUBLING = 8;
  /// Samples between two beats of the pulse; a power of two.
  private static final int SAMPLES_PER_BEAT = 1_024;

  private final double[] values;
  private final double[] sorted;
  private final Sliding sliding;
  private final Pulse pulse;
  private int low;
  private int high;

  /// @param timestamps ascending; the first `count` of them
  /// @param sorted     the first elements are those of the window; at least `count`
  SortedWindow(long[] timestamps, double[] values, int count, Windows windows, double[] sorted, Pulse pulse) {
    this.values = values;
    this.sorted = sorted;
    this.pulse = pulse;
    sliding = new Sliding(timestamps, count, windows);
  }

  /// Moves to a step that is not before the last one, and tells how many values its window has.
  int to(int step) {
    pulse.beat();
    sliding.to(step);
    int lowNext = sliding.low();
    int highNext = sliding.high();
    int n = highNext - lowNext;
    if (n > 0) {
      long changes = (long) (lowNext - low) + (highNext - high);
      if (lowNext >= high || changes > (long) CHANGES_PER_DOUBLING * (Integer.SIZE - Integer.numberOfLeadingZeros(n))) {
        fill(lowNext, highNext);
      } else {
        change(lowNext, highNext);
      }
    }
    low = lowNext;
    high = highNext;
    return n;
  }

  private void fill(int from, int to) {
    int nans = 0;
    int rest = to - from;
    for (int i = to - 1; i >= from; i--) {
      if ((i & SAMPLES_PER_BEAT - 1) == 0) {
        pulse.beat();
      }
      if (Double.isNaN(values[i])) {
        sorted[nans++] = values[i];
      } else {
        sorted[--rest] = values[i];
      }
    }
    Arrays.sort(sorted, nans, to - from);
  }

  private void change(int from, int to) {
    int n = high - low;
    for (int i = low; i < from; i++) {
      int at = place(n, values[i]);
      System.arraycopy(sorted, at + 1, sorted, at, n - at - 1);
      n--;
    }
    for (int i = high; i < to; i++) {
      int at = place(n, values[i]);
      System.arraycopy(sorted, at, sorted, at + 1, n - at);
      sorted[at] = values[i];
      n++;
    }
  }

  /// The first place whose value is not below `value`.
  private int place(int n, double value) {
    if (Double.isNaN(value)) {
      return 0;
    }
    int from = 0;
    int to = n;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (Double.isNaN(sorted[middle]) || Double.compare(sorted[middle], value) < 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }
}
