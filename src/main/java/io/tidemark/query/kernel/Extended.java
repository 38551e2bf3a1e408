package io.tidemark.query.kernel;

/// The `anchored` and `smoothed` range modifiers: windows that also look at the samples around them.
///
/// Anchored takes the newest sample at or before the window's start as its first; smoothed draws straight lines between the samples
/// on both sides of each edge. Nothing is extrapolated. Source: Prometheus proposal PROM-52.
public final class Extended {
  private Extended() {}

  /// `increase`, `rate` or `delta`.
  ///
  /// @param aroundMillis how far outside of a window a sample may be
  public static void change(long[] timestamps, double[] values, int count, Windows windows, long aroundMillis, Rates.Kind kind,
      boolean smoothed, Pulse pulse, double[] out) {
    int low = 0;
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      long start = windows.startMillis(step);
      long end = windows.endMillis(step);
      while (low < count && timestamps[low] <= start - aroundMillis) {
        low++;
      }
      int first = low;
      while (first + 1 < count && timestamps[first + 1] <= start) {
        first++;
      }
      int last = first;
      while (last + 1 < count && timestamps[last + 1] <= end) {
        last++;
      }
      boolean after = smoothed && last < count && timestamps[last] < end && last + 1 < count && timestamps[last + 1] <= end + aroundMillis;
      if (first >= count || timestamps[first] > end || !after && timestamps[last] <= start) {
        out[step] = Columns.NONE;
        continue;
      }
      boolean counter = kind != Rates.Kind.DELTA;
      double left = smoothed && timestamps[first] < start && first + 1 < count ? between(timestamps, values, first, start, counter)
          : values[first];
      double right = after ? between(timestamps, values, last, end, counter) : values[last];
      double change = right - left;
      if (counter) {
        double before = left;
        for (int i = timestamps[first] <= start ? first + 1 : first; i <= last; i++) {
          change += values[i] < before ? before : 0;
          before = values[i];
        }
        change += right < before ? before : 0;
      }
      out[step] = kind == Rates.Kind.RATE ? change / (windows.rangeMillis() / 1000.0) : change;
    }
  }

  /// The straight line from sample `i` to the next at `millis`; across a counter reset it starts from zero.
  private static double between(long[] timestamps, double[] values, int i, long millis, boolean counter) {
    double from = counter && values[i + 1] < values[i] ? 0 : values[i];
    return from + (values[i + 1] - from) * (millis - timestamps[i]) / (timestamps[i + 1] - timestamps[i]);
  }

  /// `changes` or `resets` with the anchor as first sample.
  public static void count(long[] timestamps, double[] values, int count, Windows windows, long aroundMillis, boolean resetsOnly,
      Pulse pulse, double[] out) {
    int low = 0;
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      long start = windows.startMillis(step);
      long end = windows.endMillis(step);
      while (low < count && timestamps[low] <= start - aroundMillis) {
        low++;
      }
      int first = low;
      while (first + 1 < count && timestamps[first + 1] <= start) {
        first++;
      }
      int total = 0;
      int last = first;
      while (last + 1 < count && timestamps[last + 1] <= end) {
        last++;
        double before = values[last - 1];
        double value = values[last];
        boolean counts = resetsOnly ? value < before : value != before && !(Double.isNaN(value) && Double.isNaN(before));
        total += counts ? 1 : 0;
      }
      out[step] = first >= count || timestamps[first] > end || timestamps[last] <= start ? Columns.NONE : total;
    }
  }

  /// A smoothed instant selector: the straight line between the samples before and after each time, or the one before.
  public static void value(long[] timestamps, double[] values, int count, Windows windows, double[] out) {
    int next = 0;
    for (int step = 0; step < windows.count(); step++) {
      long at = windows.endMillis(step);
      while (next < count && timestamps[next] <= at) {
        next++;
      }
      if (next == 0 || timestamps[next - 1] <= at - windows.rangeMillis()) {
        out[step] = Columns.NONE;
      } else if (timestamps[next - 1] < at && next < count && timestamps[next] <= at + windows.rangeMillis()) {
        out[step] = between(timestamps, values, next - 1, at, false);
      } else {
        out[step] = values[next - 1];
      }
    }
  }
}
