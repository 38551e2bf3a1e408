package io.tidemark.query.kernel;

/// Straight lines through windows, and smoothing.
public final class Trends {
  private Trends() {}

  /// Slope per second of the least-squares line (`deriv`).
  public static void slope(long[] timestamps, double[] values, int count, Windows windows, Pulse pulse, double[] out) {
    fit(timestamps, values, count, windows, pulse, out, new double[0]);
  }

  /// The line's value `ahead[step]` seconds after the evaluation time (`predict_linear`).
  public static void predict(long[] timestamps, double[] values, int count, Windows windows, double[] ahead, Pulse pulse,
      double[] out) {
    fit(timestamps, values, count, windows, pulse, out, ahead);
  }

  private static void fit(long[] timestamps, double[] values, int count, Windows windows, Pulse pulse, double[] out,
      double[] ahead) {
    boolean predict = ahead.length > 0;
    var sliding = new Sliding(timestamps, count, windows);
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      sliding.to(step);
      int low = sliding.low();
      int high = sliding.high();
      if (high - low < 2) {
        out[step] = Columns.NONE;
        continue;
      }
      long origin = predict ? windows.evalMillis(step) : timestamps[low];
      double n = high - low;
      double sumX = 0;
      double sumY = 0;
      double sumXY = 0;
      double sumX2 = 0;
      double lostX = 0;
      double lostY = 0;
      double lostXY = 0;
      double lostX2 = 0;
      boolean constant = true;
      double first = values[low];
      for (int i = low; i < high; i++) {
        double y = values[i];
        constant &= y == first;
        double x = (timestamps[i] - origin) / 1000.0;
        double total = sumX + x;
        lostX = Sums.compensate(sumX, x, total, lostX);
        sumX = total;
        total = sumY + y;
        lostY = Sums.compensate(sumY, y, total, lostY);
        sumY = total;
        total = sumXY + x * y;
        lostXY = Sums.compensate(sumXY, x * y, total, lostXY);
        sumXY = total;
        total = sumX2 + x * x;
        lostX2 = Sums.compensate(sumX2, x * x, total, lostX2);
        sumX2 = total;
      }
      double slope;
      double intercept;
      if (constant) {
        slope = Double.isInfinite(first) ? Double.NaN : 0;
        intercept = Double.isInfinite(first) ? Double.NaN : first;
      } else {
        sumX += lostX;
        sumY += lostY;
        double covariance = sumXY + lostXY - sumX * sumY / n;
        double variance = sumX2 + lostX2 - sumX * sumX / n;
        slope = covariance / variance;
        intercept = sumY / n - slope * sumX / n;
      }
      out[step] = predict ? slope * ahead[step] + intercept : slope;
    }
  }

  /// Holt's double exponential smoothing with factor `smoothing` and trend factor `trend`, per step.
  public static void smooth(long[] timestamps, double[] values, int count, Windows windows, double[] smoothing, double[] trend,
      Pulse pulse, double[] out) {
    var sliding = new Sliding(timestamps, count, windows);
    for (int step = 0; step < windows.count(); step++) {
      pulse.beat();
      sliding.to(step);
      int low = sliding.low();
      int high = sliding.high();
      if (high - low < 2) {
        out[step] = Columns.NONE;
        continue;
      }
      double before = 0;
      double level = values[low];
      double slope = values[low + 1] - values[low];
      for (int i = low + 1; i < high; i++) {
        if (i > low + 1) {
          slope = trend[step] * (level - before) + (1 - trend[step]) * slope;
        }
        double next = smoothing[step] * values[i] + (1 - smoothing[step]) * (level + slope);
        before = level;
        level = next;
      }
      out[step] = level;
    }
  }
}
