package io.tidemark.query.kernel;

import java.util.Arrays;

/// The other `…_over_time` functions.
public final class OverTime {
  private OverTime() {}

  /// Functions that only need where a window begins and ends.
  public enum Edge { COUNT, PRESENT, FIRST, LAST, FIRST_TIMESTAMP, LAST_TIMESTAMP }

  public static void edges(long[] timestamps, double[] values, int count, Windows windows, Edge edge, double[] out) {
    var sliding = new Sliding(timestamps, count, windows);
    for (int step = 0; step < windows.count(); step++) {
      sliding.to(step);
      int low = sliding.low();
      int high = sliding.high();
      out[step] = low == high ? Columns.NONE : switch (edge) {
        case COUNT -> high - low;
        case PRESENT -> 1;
        case FIRST -> values[low];
        case LAST -> values[high - 1];
        case FIRST_TIMESTAMP -> timestamps[low] / 1000.0;
        case LAST_TIMESTAMP -> timestamps[high - 1] / 1000.0;
      };
    }
  }

  /// Smallest or largest value of each window, or its time (the latest of equals); NaN only when there is nothing else.
  ///
  /// Two runs make a window, as in {@link Sums}: of the older one the extremum of every suffix is known, of the newer one that of the
  /// whole. So what a sample costs does not depend on how the values go up and down.
  ///
  /// @param suffix scratch of at least `count` ints: where the extremum of the older run from each sample on is
  public static void extremum(long[] timestamps, double[] values, int count, Windows windows, boolean max, boolean time, int[] suffix,
      double[] out) {
    int low = 0;
    int lowStride = 0;
    int high = 0;
    int middle = 0;
    int newest = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      int lowNext = Windows.past(timestamps, low, count, end - windows.rangeMillis(), lowStride);
      lowStride = lowNext - low;
      low = lowNext;
      if (low >= high) {
        high = low;
        middle = low;
        newest = low;
      } else if (low > middle) {
        turn(values, low, high, max, suffix);
        middle = high;
        newest = high;
      }
      while (high < count && timestamps[high] <= end) {
        newest = better(values, newest, high, max);
        high++;
      }
      if (low == high) {
        out[step] = Columns.NONE;
        continue;
      }
      int best = low >= middle ? newest : middle == high ? suffix[low] : better(values, suffix[low], newest, max);
      out[step] = time ? timestamps[best] / 1000.0 : values[best];
    }
  }

  private static void turn(double[] values, int from, int to, boolean max, int[] suffix) {
    int best = to - 1;
    for (int i = to - 1; i >= from; i--) {
      best = better(values, i, best, max);
      suffix[i] = best;
    }
  }

  /// Which of two samples, the newer one when they are equal or the older is NaN.
  private static int better(double[] values, int older, int newer, boolean max) {
    return beats(values[newer], values[older], max) ? newer : older;
  }

  private static boolean beats(double newer, double older, boolean max) {
    return Double.isNaN(older) || (max ? newer >= older : newer <= older);
  }

  /// Variance of each window by Welford's method with compensated sums, or its root.
  public static void variance(long[] timestamps, double[] values, int count, Windows windows, boolean root, Pulse pulse, double[] out) {
    var sliding = new Sliding(timestamps, count, windows);
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      sliding.to(step);
      int low = sliding.low();
      int high = sliding.high();
      if (low == high) {
        out[step] = Columns.NONE;
        continue;
      }
      double mean = 0;
      double meanCompensation = 0;
      double squares = 0;
      double squaresCompensation = 0;
      double n = 0;
      for (int i = low; i < high; i++) {
        n++;
        double delta = values[i] - (mean + meanCompensation);
        double share = delta / n;
        double total = mean + share;
        meanCompensation = Sums.compensate(mean, share, total, meanCompensation);
        mean = total;
        double square = delta * (values[i] - (mean + meanCompensation));
        total = squares + square;
        squaresCompensation = Sums.compensate(squares, square, total, squaresCompensation);
        squares = total;
      }
      double variance = (squares + squaresCompensation) / n;
      out[step] = root ? Math.sqrt(variance) : variance;
    }
  }

  /// The quantile `q[step]` of each window.
  ///
  /// @param sorted scratch of at least `count` doubles
  public static void quantile(long[] timestamps, double[] values, int count, Windows windows, double[] q, double[] sorted,
      Pulse pulse, double[] out) {
    var window = new SortedWindow(timestamps, values, count, windows, sorted, pulse);
    for (int step = 0; step < windows.count(); step++) {
      int n = window.to(step);
      out[step] = n == 0 ? Columns.NONE : ofSorted(sorted, n, q[step]);
    }
  }

  /// The median of the distances from the median, of each window; NaN when one of them is.
  ///
  /// @param sorted scratch of at least `2 * count` doubles
  public static void medianDeviation(long[] timestamps, double[] values, int count, Windows windows, double[] sorted, Pulse pulse,
      double[] out) {
    var window = new SortedWindow(timestamps, values, count, windows, sorted, pulse);
    for (int step = 0; step < windows.count(); step++) {
      int n = window.to(step);
      if (n == 0) {
        out[step] = Columns.NONE;
        continue;
      }
      if (Double.isNaN(sorted[0])) {
        out[step] = Double.NaN;
        continue;
      }
      double median = ofSorted(sorted, n, 0.5);
      for (int i = 0; i < n; i++) {
        sorted[count + i] = Math.abs(sorted[i] - median);
      }
      Arrays.sort(sorted, count, count + n);
      out[step] = ofSorted(sorted, count, n, 0.5);
    }
  }

  /// Ascending with NaN in front, the order of {@link #ofSorted}.
  public static void sortNanFirst(double[] values, int from, int to) {
    Arrays.sort(values, from, to);
    int nans = 0;
    while (nans < to - from && Double.isNaN(values[to - 1 - nans])) {
      nans++;
    }
    if (nans > 0 && nans < to - from) {
      System.arraycopy(values, from, values, from + nans, to - from - nans);
      Arrays.fill(values, from, from + nans, Double.NaN);
    }
  }

  /// The `q`-quantile of `n > 0` sorted values, interpolated between neighbours; ±Inf for a `q` outside of 0 to 1, NaN for NaN.
  public static double ofSorted(double[] sorted, int n, double q) {
    return ofSorted(sorted, 0, n, q);
  }

  private static double ofSorted(double[] sorted, int from, int n, double q) {
    if (Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    double rank = q * (n - 1);
    int lower = (int) Math.max(0, Math.floor(rank));
    int upper = Math.min(n - 1, lower + 1);
    double weight = rank - Math.floor(rank);
    return sorted[from + lower] * (1 - weight) + sorted[from + upper] * weight;
  }
}
