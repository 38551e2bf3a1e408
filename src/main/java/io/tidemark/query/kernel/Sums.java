package io.tidemark.query.kernel;

/// Sums and means over windows with compensated (Neumaier) addition.
///
/// Windows that overlap much would add every sample many times. Instead each window is two runs, as in a queue of two stacks: the
/// older run keeps the sums of all its suffixes, made once when the newer run is turned over; the newer keeps one running sum.
/// Nothing is ever subtracted, so infinities and NaN leave with their window and no error builds up.
/// Source: Tangwongsan et al., "General incremental sliding-window aggregation", VLDB 2015.
public final class Sums {
  private Sums() {}

  /// What the window's sum becomes.
  public enum Kind { SUM, MEAN }

  /// @param suffix scratch of at least `2 * count` doubles: sums and compensations of suffixes
  public static void over(long[] timestamps, double[] values, int count, Windows windows, Kind kind, double[] suffix, double[] out) {
    int low = 0;
    int lowStride = 0;
    int high = 0;
    int middle = 0;
    double sum = 0;
    double compensation = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      long start = end - windows.rangeMillis();
      int lowNext = Windows.past(timestamps, low, count, start, lowStride);
      lowStride = lowNext - low;
      low = lowNext;
      if (low > middle || low >= high) {
        if (low >= high) {
          high = low;
          middle = low;
        } else {
          turn(values, low, high, suffix);
          middle = high;
        }
        sum = 0;
        compensation = 0;
      }
      while (high < count && timestamps[high] <= end) {
        double value = values[high++];
        double total = sum + value;
        compensation = compensate(sum, value, total, compensation);
        sum = total;
      }
      if (low == high) {
        out[step] = Columns.NONE;
        continue;
      }
      double windowSum = sum;
      double windowCompensation = compensation;
      if (low < middle) {
        double older = suffix[2 * low];
        double total = older + sum;
        windowCompensation = compensate(older, sum, total, suffix[2 * low + 1]) + compensation;
        windowSum = total;
        if (Double.isInfinite(total)) {
          windowCompensation = 0;
        }
      }
      if (kind == Kind.SUM) {
        out[step] = windowSum + windowCompensation;
      } else if (Double.isInfinite(windowSum)) {
        out[step] = incrementalMean(values, low, high);
      } else {
        int n = high - low;
        out[step] = windowSum / n + windowCompensation / n;
      }
    }
  }

  /// Sums of all suffixes of `values[from..to)`, newest value first.
  private static void turn(double[] values, int from, int to, double[] suffix) {
    double sum = 0;
    double compensation = 0;
    for (int i = to - 1; i >= from; i--) {
      double total = sum + values[i];
      compensation = compensate(sum, values[i], total, compensation);
      sum = total;
      suffix[2 * i] = sum;
      suffix[2 * i + 1] = compensation;
    }
  }

  /// The compensation after `sum + value = total`.
  ///
  /// What the addition lost is found without asking which of the two is larger, as that cannot be foreseen (Knuth's two-sum). It is
  /// exact, and so the same as Neumaier's, unless a difference overflows; then it is no finite number and Neumaier's branch decides.
  public static double compensate(double sum, double value, double total, double compensation) {
    double added = total - sum;
    double lost = (sum - (total - added)) + (value - added);
    return Math.abs(lost) <= Double.MAX_VALUE ? compensation + lost : compensateLarge(sum, value, total, compensation);
  }

  private static double compensateLarge(double sum, double value, double total, double compensation) {
    if (Double.isInfinite(total)) {
      return 0;
    }
    return compensation + (Math.abs(sum) >= Math.abs(value) ? (sum - total) + value : (value - total) + sum);
  }

  /// The mean of values whose plain sum overflows: direct as long as it is finite, then updated value by value.
  static double incrementalMean(double[] values, int from, int to) {
    double sum = values[from];
    double compensation = 0;
    boolean incremental = false;
    double n = 1;
    for (int i = from + 1; i < to; i++) {
      n++;
      double value = values[i];
      if (!incremental) {
        double total = sum + value;
        if (!Double.isInfinite(total)) {
          compensation = compensate(sum, value, total, compensation);
          sum = total;
          continue;
        }
        incremental = true;
        sum /= n - 1;
        compensation /= n - 1;
      }
      double kept = (n - 1) / n * sum;
      compensation = (n - 1) / n * compensation;
      double total = kept + value / n;
      compensation = compensate(kept, value / n, total, compensation);
      sum = total;
    }
    return incremental ? sum + compensation : sum / n + compensation / n;
  }
}
