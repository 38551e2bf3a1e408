package io.tidemark.query.kernel;

/// Rate-like functions. Source of the extrapolation: Prometheus `promql/functions.go`, `extrapolatedRate`, re-stated:
/// a series is extrapolated to a window's edge when the gap is below 1.1 average intervals, else by half an interval, and a counter
/// never below zero.
public final class Rates {
  /// Which of the three extrapolating functions.
  public enum Kind { RATE, INCREASE, DELTA }

  /// From how many counter resets on the loop over them may take long.
  private static final int MANY_RESETS = 1_000;

  private Rates() {}

  private static final int[] NONE_LEFT_OUT = new int[0];

  /// @param resets scratch of at least `count` ints
  public static void extrapolated(long[] timestamps, double[] values, int count, Windows windows, Kind kind, int[] resets, Pulse pulse,
      double[] out) {
    extrapolated(timestamps, values, count, NONE_LEFT_OUT, windows, kind, resets, pulse, out);
  }

  /// Of samples from which some were left out that are neither the first nor the last of a window nor beside a reset.
  ///
  /// @param before how many samples there are before each of them, those left out included, and one more for all; empty when none was
  ///               left out
  public static void extrapolated(long[] timestamps, double[] values, int count, int[] before, Windows windows, Kind kind, int[] resets,
      Pulse pulse, double[] out) {
    boolean counter = kind != Kind.DELTA;
    int resetCount = counter ? resets(values, count, resets) : 0;
    var sliding = new Sliding(timestamps, count, windows);
    int firstReset = 0;
    double rangeSeconds = windows.rangeMillis() / 1000.0;
    // Scrapes are regular: from step to step the gaps at both edges and the span between are mostly the same to the millisecond, and
    // then so is the factor. Divisions are what this loop costs, so the last factor is kept.
    long knownSampled = -1;
    long knownToStart = -1;
    long knownToEnd = -1;
    int knownCount = -1;
    double sampled = 0;
    double toStart = 0;
    double toEnd = 0;
    double knownFactor = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      long start = end - windows.rangeMillis();
      sliding.to(step);
      int low = sliding.low();
      int high = sliding.high();
      if (high - low < 2) {
        out[step] = Columns.NONE;
        continue;
      }
      double first = values[low];
      double change = values[high - 1] - first;
      while (firstReset < resetCount && resets[firstReset] <= low) {
        firstReset++;
      }
      if (resetCount > MANY_RESETS) {
        pulse.beat();
      }
      for (int r = firstReset; r < resetCount && resets[r] < high; r++) {
        change += values[resets[r] - 1];
      }
      long toStartMillis = timestamps[low] - start;
      long toEndMillis = end - timestamps[high - 1];
      long sampledMillis = timestamps[high - 1] - timestamps[low];
      int samples = before.length == 0 ? high - low : before[high] - before[low];
      if (sampledMillis != knownSampled || toStartMillis != knownToStart || toEndMillis != knownToEnd || samples != knownCount) {
        knownSampled = sampledMillis;
        knownToStart = toStartMillis;
        knownToEnd = toEndMillis;
        knownCount = samples;
        sampled = sampledMillis / 1000.0;
        toStart = toStartMillis / 1000.0;
        toEnd = toEndMillis / 1000.0;
        // Far below the threshold it need not be known: another division less.
        if (Math.max(toStartMillis, toEndMillis) * (knownCount - 1) > sampledMillis) {
          double interval = sampled / (knownCount - 1);
          double threshold = interval * 1.1;
          toStart = toStart >= threshold ? interval / 2 : toStart;
          toEnd = toEnd >= threshold ? interval / 2 : toEnd;
        }
        knownFactor = factor(sampled, toStart, toEnd, kind, rangeSeconds);
      }
      double factor = knownFactor;
      // The counter was at zero `sampled * first / change` before the first sample; the division is only needed when that is close.
      if (counter && change > 0 && first >= 0 && !(first * sampled > change * toStart * 1.000_001)) {
        double toZero = sampled * (first / change);
        if (toZero < toStart) {
          factor = factor(sampled, toZero, toEnd, kind, rangeSeconds);
        }
      }
      out[step] = change * factor;
    }
  }

  /// Puts the places of values below the one before into `resets`; returns how many.
  ///
  /// Counters seldom begin anew, so eight differences are looked at together: none is negative if no sign bit is set.
  private static int resets(double[] values, int count, int[] resets) {
    int found = 0;
    int i = 1;
    for (; i + 8 <= count; i += 8) {
      long signs = bits(values[i] - values[i - 1]) | bits(values[i + 1] - values[i]) | bits(values[i + 2] - values[i + 1])
          | bits(values[i + 3] - values[i + 2]) | bits(values[i + 4] - values[i + 3]) | bits(values[i + 5] - values[i + 4])
          | bits(values[i + 6] - values[i + 5]) | bits(values[i + 7] - values[i + 6]);
      if (signs < 0) {
        found = resets(values, i, i + 8, resets, found);
      }
    }
    return resets(values, i, count, resets, found);
  }

  private static int resets(double[] values, int from, int to, int[] resets, int before) {
    int found = before;
    for (int i = from; i < to; i++) {
      if (values[i] < values[i - 1]) {
        resets[found++] = i;
      }
    }
    return found;
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  private static double factor(double sampled, double toStart, double toEnd, Kind kind, double rangeSeconds) {
    double factor = (sampled + toStart + toEnd) / sampled;
    return kind == Kind.RATE ? factor / rangeSeconds : factor;
  }

  /// `irate` (per second, resets seen) and `idelta`: the last two samples of each window.
  public static void instant(long[] timestamps, double[] values, int count, Windows windows, boolean rate, double[] out) {
    int high = 0;
    int stride = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      int next = Windows.past(timestamps, high, count, end, stride);
      stride = next - high;
      high = next;
      if (high < 2 || timestamps[high - 2] <= end - windows.rangeMillis()) {
        out[step] = Columns.NONE;
        continue;
      }
      double last = values[high - 1];
      double before = values[high - 2];
      double change = rate && last < before ? last : last - before;
      out[step] = rate ? change / ((timestamps[high - 1] - timestamps[high - 2]) / 1000.0) : change;
    }
  }

  /// `resets`: how often a value is below the one before it; `changes`: how often it differs, where NaN equals NaN.
  ///
  /// @param marks scratch of at least `count` ints
  public static void count(long[] timestamps, double[] values, int count, Windows windows, boolean resetsOnly, int[] marks, double[] out) {
    int total = 0;
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        double before = values[i - 1];
        double value = values[i];
        boolean counts = resetsOnly ? value < before : value != before && !(Double.isNaN(value) && Double.isNaN(before));
        total += counts ? 1 : 0;
      }
      marks[i] = total;
    }
    var sliding = new Sliding(timestamps, count, windows);
    for (int step = 0; step < windows.count(); step++) {
      sliding.to(step);
      int low = sliding.low();
      int high = sliding.high();
      out[step] = low == high ? Columns.NONE : marks[high - 1] - marks[low];
    }
  }
}
