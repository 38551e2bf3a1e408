package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.storage.SampleBuffer;
import java.util.Set;

/// `…_over_time` functions over samples of which some are histograms.
public final class WindowSums {
  private WindowSums() {}

  /// `sum_over_time` and `avg_over_time`; a window of both numbers and histograms has neither.
  public static void over(SampleBuffer samples, Windows windows, Sums.Kind kind, Set<Remark> remarks, Pulse pulse, Column out) {
    out.forgetHistograms();
    int low = 0;
    int high = 0;
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      long end = windows.endMillis(step);
      while (high < samples.count && samples.timestampsMillis[high] <= end) {
        high++;
      }
      while (low < high && samples.timestampsMillis[low] <= end - windows.rangeMillis()) {
        low++;
      }
      out.values[step] = Columns.NONE;
      if (low == high || WindowChanges.isMixed(samples, low, high, remarks)) {
        continue;
      }
      if (samples.histograms[low] == null) {
        out.values[step] = numbers(samples.values, low, high, kind);
      } else {
        histograms(samples, low, high, kind, remarks, step, out);
      }
    }
  }

  private static double numbers(double[] values, int low, int high, Sums.Kind kind) {
    double sum = 0;
    double lost = 0;
    for (int i = low; i < high; i++) {
      double total = sum + values[i];
      lost = Sums.compensate(sum, values[i], total, lost);
      sum = total;
    }
    if (kind == Sums.Kind.SUM) {
      return sum + lost;
    }
    int n = high - low;
    return Double.isInfinite(sum) ? Sums.incrementalMean(values, low, high) : sum / n + lost / n;
  }

  private static void histograms(SampleBuffer samples, int low, int high, Sums.Kind kind, Set<Remark> remarks, int step, Column out) {
    var sum = new HistogramSum(WindowChanges.histogram(samples, low));
    for (int i = low + 1; i < high; i++) {
      Histogram histogram = WindowChanges.histogram(samples, i);
      if (!sum.accepts(histogram)) {
        remarks.add(Remark.MIXED_SCHEMAS);
        return;
      }
      if (kind == Sums.Kind.MEAN) {
        sum.addToMean(histogram);
      } else {
        sum.add(histogram, 1);
      }
    }
    Remark.ofSum(sum, remarks);
    out.set(step, kind == Sums.Kind.MEAN ? sum.meanResult() : sum.result());
  }

  /// `first_over_time` and `last_over_time`.
  public static void edge(SampleBuffer samples, Windows windows, boolean first, Column out) {
    out.forgetHistograms();
    int low = 0;
    int high = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      while (high < samples.count && samples.timestampsMillis[high] <= end) {
        high++;
      }
      while (low < high && samples.timestampsMillis[low] <= end - windows.rangeMillis()) {
        low++;
      }
      int at = first ? low : high - 1;
      Histogram histogram = low == high ? null : samples.histograms[at];
      if (histogram != null) {
        out.set(step, histogram);
      } else {
        out.set(step, low == high ? Columns.NONE : samples.values[at]);
      }
    }
  }

  /// Leaves the numbers in `samples`, for functions that look at nothing else; remarks on a window that has histograms too.
  public static void dropHistograms(SampleBuffer samples, Windows windows, Set<Remark> remarks) {
    int low = 0;
    int high = 0;
    int inside = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      while (high < samples.count && samples.timestampsMillis[high] <= end) {
        inside += samples.histograms[high++] == null ? 0 : 1;
      }
      while (low < high && samples.timestampsMillis[low] <= end - windows.rangeMillis()) {
        inside -= samples.histograms[low++] == null ? 0 : 1;
      }
      if (inside > 0 && inside < high - low) {
        remarks.add(Remark.IGNORED_IN_RANGE);
      }
    }
    int kept = 0;
    for (int i = 0; i < samples.count; i++) {
      if (samples.histograms[i] == null) {
        samples.timestampsMillis[kept] = samples.timestampsMillis[i];
        samples.values[kept++] = samples.values[i];
      }
    }
    samples.count = kept;
  }
}
