package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.model.Stale;
import io.tidemark.storage.SampleBuffer;
import java.util.Arrays;

/// What all columns share: how "no value" looks, and the choice of samples for instant selectors.
public final class Columns {
  /// "No value" at a step. Compare with {@link #has}, never with `==`.
  public static final double NONE = Stale.VALUE;

  private Columns() {}

  public static boolean has(double value) {
    return Double.doubleToRawLongBits(value) != Stale.BITS;
  }

  /// Whether any step of `column[0..count)` has a value.
  public static boolean any(double[] column, int count) {
    for (int i = 0; i < count; i++) {
      if (has(column[i])) {
        return true;
      }
    }
    return false;
  }

  /// Removes staleness markers from samples in place.
  public static void dropStale(SampleBuffer samples) {
    long[] timestamps = samples.timestampsMillis;
    double[] values = samples.values;
    int count = samples.count;
    int kept = 0;
    while (kept < count && has(values[kept])) {
      kept++;
    }
    for (int i = kept + 1; i < count; i++) {
      if (has(values[i])) {
        timestamps[kept] = timestamps[i];
        values[kept] = values[i];
        if (samples.hasHistograms()) {
          samples.histograms[kept] = samples.histograms[i];
        }
        if (samples.hasStarts()) {
          samples.startsMillis[kept] = samples.startsMillis[i];
        }
        kept++;
      }
    }
    if (samples.hasHistograms()) {
      Arrays.fill(samples.histograms, kept, count, null);
    }
    if (samples.hasStarts()) {
      Arrays.fill(samples.startsMillis, kept, count, 0);
    }
    samples.count = kept;
  }

  /// The newest sample of every window, or none when that is a staleness marker: an instant selector with lookback.
  public static void latest(long[] timestamps, double[] values, int count, Windows windows, double[] out) {
    int next = 0;
    int stride = 0;
    long end = windows.firstEndMillis();
    long range = windows.rangeMillis();
    for (int step = 0; step < windows.count(); step++, end += windows.stepMillis()) {
      int past = Windows.past(timestamps, next, count, end, stride);
      stride = past - next;
      next = past;
      out[step] = next > 0 && timestamps[next - 1] > end - range ? values[next - 1] : NONE;
    }
  }

  /// As the other, for samples that may be histograms.
  public static void latest(SampleBuffer samples, Windows windows, Column out) {
    out.forgetHistograms();
    latest(samples.timestampsMillis, samples.values, samples.count, windows, out.values);
    if (!samples.hasHistograms()) {
      return;
    }
    int next = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      while (next < samples.count && samples.timestampsMillis[next] <= end) {
        next++;
      }
      Histogram histogram = next > 0 && has(out.values[step]) ? samples.histograms[next - 1] : null;
      if (histogram != null) {
        out.set(step, histogram);
      }
    }
  }

  /// As {@link #latest}, but yields the sample's own time in seconds.
  public static void latestTimestamps(long[] timestamps, double[] values, int count, Windows windows, double[] out) {
    int next = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      while (next < count && timestamps[next] <= end) {
        next++;
      }
      boolean live = next > 0 && timestamps[next - 1] > end - windows.rangeMillis() && has(values[next - 1]);
      out[step] = live ? timestamps[next - 1] / 1000.0 : NONE;
    }
  }

  /// As {@link #latest}, but yields when the sample's counter began, in seconds; 0 when that is not known.
  public static void latestStarts(SampleBuffer samples, Windows windows, double[] out) {
    int next = 0;
    for (int step = 0; step < windows.count(); step++) {
      long end = windows.endMillis(step);
      while (next < samples.count && samples.timestampsMillis[next] <= end) {
        next++;
      }
      boolean live = next > 0 && samples.timestampsMillis[next - 1] > end - windows.rangeMillis() && has(samples.values[next - 1]);
      out[step] = !live ? NONE : samples.hasStarts() ? samples.startsMillis[next - 1] / 1000.0 : 0;
    }
  }

  /// Puts the values of `column` with their times behind one another, leaving out steps without a value; returns how many.
  public static int toSamples(double[] column, int count, long firstMillis, long stepMillis, long[] timestamps, double[] values) {
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (has(column[i])) {
        timestamps[n] = firstMillis + i * stepMillis;
        values[n++] = column[i];
      }
    }
    return n;
  }

  /// Puts the values of `column` with their times into an empty `samples`, leaving out steps without a value.
  public static void toSamples(Column column, int count, long firstMillis, long stepMillis, SampleBuffer samples) {
    samples.reserve(count);
    samples.count = toSamples(column.values, count, firstMillis, stepMillis, samples.timestampsMillis, samples.values);
    if (column.hasHistograms()) {
      samples.needHistograms();
      int n = 0;
      for (int i = 0; i < count; i++) {
        if (has(column.values[i])) {
          samples.histograms[n++] = column.histograms[i];
        }
      }
    }
  }
}
