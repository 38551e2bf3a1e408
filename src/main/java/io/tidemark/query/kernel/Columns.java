package io.tidemark.query.kernel;

import io.tidemark.model.Stale;
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

  /// Removes staleness markers from samples in place and returns how many are left.
  public static int dropStale(long[] timestamps, double[] values, int count) {
    int kept = 0;
    while (kept < count && has(values[kept])) {
      kept++;
    }
    for (int i = kept + 1; i < count; i++) {
      if (has(values[i])) {
        timestamps[kept] = timestamps[i];
        values[kept++] = values[i];
      }
    }
    return kept;
  }

  /// The newest sample of every window, or none when that is a staleness marker: an instant selector with lookback.
  public static void latest(long[] timestamps, double[] values, int count, Windows windows, double[] out) {
    int next = 0;
    long end = windows.firstEndMillis();
    long range = windows.rangeMillis();
    for (int step = 0; step < windows.count(); step++, end += windows.stepMillis()) {
      while (next < count && timestamps[next] <= end) {
        next++;
      }
      out[step] = next > 0 && timestamps[next - 1] > end - range ? values[next - 1] : NONE;
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

  public static void clear(double[] column, int count) {
    Arrays.fill(column, 0, count, NONE);
  }
}
