package io.tidemark.query.kernel;

/// The `anchored` and `smoothed` range modifiers: windows that also look at the samples around them.
///
/// Anchored takes the newest sample at or before the window's start as its first; smoothed draws straight lines between the samples
/// on both sides of each edge. Nothing is extrapolated. Source: Prometheus proposal PROM-52.
public final class Extended {
  private Extended() {}

  /// Which samples a window stands on, from the first to the last inclusive; moves forward only.
  static final class Edges {
    private final long[] timestamps;
    private final int count;
    private final Windows windows;
    private final long aroundMillis;
    private final boolean smoothed;
    private int low;
    private int first;
    private int last;
    private boolean beyond;
    private boolean empty;

    Edges(long[] timestamps, int count, Windows windows, long aroundMillis, boolean smoothed) {
      this.timestamps = timestamps;
      this.count = count;
      this.windows = windows;
      this.aroundMillis = aroundMillis;
      this.smoothed = smoothed;
    }

    void moveTo(int step) {
      long start = windows.startMillis(step);
      long end = windows.endMillis(step);
      while (low < count && timestamps[low] <= start - aroundMillis) {
        low++;
      }
      first = low;
      while (first + 1 < count && timestamps[first + 1] <= start) {
        first++;
      }
      last = first;
      while (last + 1 < count && timestamps[last + 1] <= end) {
        last++;
      }
      beyond = smoothed && last < count && timestamps[last] < end && last + 1 < count && timestamps[last + 1] <= end + aroundMillis;
      empty = first >= count || timestamps[first] > end || !beyond && timestamps[last] <= start;
    }

    int first() {
      return first;
    }

    int last() {
      return last;
    }

    /// Whether the right edge lies on the line from the last sample to the one after it.
    boolean reachesBeyond() {
      return beyond;
    }

    boolean isEmpty() {
      return empty;
    }
  }

  /// `increase`, `rate` or `delta`.
  ///
  /// @param aroundMillis how far outside of a window a sample may be
  public static void change(long[] timestamps, double[] values, int count, Windows windows, long aroundMillis, Rates.Kind kind,
      boolean smoothed, Pulse pulse, double[] out) {
    var edges = new Edges(timestamps, count, windows, aroundMillis, smoothed);
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      edges.moveTo(step);
      if (edges.isEmpty()) {
        out[step] = Columns.NONE;
        continue;
      }
      long start = windows.startMillis(step);
      long end = windows.endMillis(step);
      int first = edges.first();
      int last = edges.last();
      boolean after = edges.reachesBeyond();
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
    var edges = new Edges(timestamps, count, windows, aroundMillis, false);
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      edges.moveTo(step);
      int total = 0;
      for (int i = edges.first() + 1; !edges.isEmpty() && i <= edges.last(); i++) {
        double before = values[i - 1];
        double value = values[i];
        boolean counts = resetsOnly ? value < before : value != before && !(Double.isNaN(value) && Double.isNaN(before));
        total += counts ? 1 : 0;
      }
      out[step] = edges.isEmpty() ? Columns.NONE : total;
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
