package io.tidemark.query.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Kernels that move from window to window agree bit for bit with looking at each window alone.
class WindowsPropertyTest {
  private static final long SEED = 20_264;
  private static final int ROUNDS = 2_000;
  private static final double[] ODD = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0.0, -0.0, Double.MAX_VALUE,
      -Double.MAX_VALUE, Double.MIN_VALUE};

  private final Random random = new Random(SEED);

  @Test
  void movingWindowsAgreeWithWindowsAlone() {
    for (int round = 0; round < ROUNDS; round++) {
      int count = random.nextInt(60);
      long[] timestamps = timestamps(count);
      double[] values = values(count);
      long step = random.nextInt(4) == 0 ? 0 : random.nextInt(4_000);
      var windows = new Windows(random.nextInt(20_000), step, 1 + random.nextInt(40), 1 + random.nextInt(10_000), 0, step);
      for (Kernel kernel : KERNELS) {
        var together = new double[windows.count()];
        kernel.run(timestamps, values, count, windows, together);
        for (int i = 0; i < windows.count(); i++) {
          var alone = new double[1];
          kernel.run(timestamps, values, count, new Windows(windows.endMillis(i), 0, 1, windows.rangeMillis(), 0, 0), alone);
          assertEquals(Double.doubleToRawLongBits(alone[0]), Double.doubleToRawLongBits(together[i]),
              "kernel " + Arrays.asList(KERNELS).indexOf(kernel) + ", round " + round + ", step " + i);
        }
      }
    }
  }

  @Test
  void extremumIsTheNewestOfEqualsAndNanOnlyAlone() {
    for (int round = 0; round < ROUNDS; round++) {
      int count = random.nextInt(60);
      long[] timestamps = timestamps(count);
      double[] values = values(count);
      boolean max = random.nextBoolean();
      var windows = new Windows(random.nextInt(9_000), random.nextInt(3_000), 30, 1 + random.nextInt(9_000), 0, 0);
      var value = new double[30];
      var time = new double[30];
      OverTime.extremum(timestamps, values, count, windows, max, false, new int[count], value);
      OverTime.extremum(timestamps, values, count, windows, max, true, new int[count], time);
      for (int i = 0; i < 30; i++) {
        int best = -1;
        for (int at = 0; at < count; at++) {
          if (timestamps[at] > windows.startMillis(i) && timestamps[at] <= windows.endMillis(i)) {
            best = best < 0 || Double.isNaN(values[best]) || (max ? values[at] >= values[best] : values[at] <= values[best]) ? at : best;
          }
        }
        assertEquals(Double.doubleToRawLongBits(best < 0 ? Columns.NONE : values[best]), Double.doubleToRawLongBits(value[i]));
        assertEquals(Double.doubleToRawLongBits(best < 0 ? Columns.NONE : timestamps[best] / 1000.0), Double.doubleToRawLongBits(time[i]));
      }
    }
  }

  @Test
  void compensationIsThatOfNeumaier() {
    for (int round = 0; round < 1_000_000; round++) {
      double sum = any();
      double value = random.nextInt(8) == 0 ? -sum : any();
      double total = sum + value;
      double before = Double.isFinite(total) ? total * 0x1p-60 : 0;
      double expected = Double.isInfinite(total) ? 0
          : before + (Math.abs(sum) >= Math.abs(value) ? (sum - total) + value : (value - total) + sum);
      assertEquals(expected, Sums.compensate(sum, value, total, before), () -> sum + " + " + value);
    }
  }

  /// A number of any size.
  private double any() {
    return random.nextInt(8) == 0 ? ODD[random.nextInt(ODD.length)] : Double.longBitsToDouble(random.nextLong());
  }

  /// With -0 before 0, and NaN before all.
  @Test
  void quantilesAreThoseOfSortedWindows() {
    for (int round = 0; round < ROUNDS; round++) {
      int count = random.nextInt(600);
      long[] timestamps = timestamps(count);
      double[] values = values(count);
      var windows = new Windows(random.nextInt(20_000), random.nextInt(20_000), 20, 1 + random.nextInt(200_000), 0, 0);
      var quantile = new double[20];
      OverTime.quantile(timestamps, values, count, windows, quantiles(windows), new double[count], () -> { }, quantile);
      for (int i = 0; i < 20; i++) {
        int step = i;
        double[] window = IntStream.range(0, count)
            .filter(at -> timestamps[at] > windows.startMillis(step) && timestamps[at] <= windows.endMillis(step))
            .mapToDouble(at -> values[at]).toArray();
        OverTime.sortNanFirst(window, 0, window.length);
        double expected = window.length == 0 ? Columns.NONE : OverTime.ofSorted(window, window.length, 0.9);
        assertEquals(Double.doubleToRawLongBits(expected), Double.doubleToRawLongBits(quantile[i]), "round " + round + ", step " + i);
      }
    }
  }

  private interface Kernel {
    void run(long[] timestamps, double[] values, int count, Windows windows, double[] out);
  }

  private static final Kernel[] KERNELS = {
      (t, v, n, w, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.COUNT, out),
      (t, v, n, w, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.FIRST, out),
      (t, v, n, w, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.LAST_TIMESTAMP, out),
      (t, v, n, w, out) -> OverTime.variance(t, v, n, w, false, () -> { }, out),
      (t, v, n, w, out) -> OverTime.quantile(t, v, n, w, quantiles(w), new double[n], () -> { }, out),
      (t, v, n, w, out) -> OverTime.medianDeviation(t, v, n, w, new double[2 * n], () -> { }, out),
      (t, v, n, w, out) -> Rates.extrapolated(t, v, n, w, Rates.Kind.RATE, new int[n], () -> { }, out),
      (t, v, n, w, out) -> Rates.extrapolated(t, v, n, w, Rates.Kind.DELTA, new int[n], () -> { }, out),
      (t, v, n, w, out) -> Rates.instant(t, v, n, w, true, out),
      (t, v, n, w, out) -> Rates.count(t, v, n, w, true, new int[n], out),
      (t, v, n, w, out) -> Trends.slope(t, v, n, w, () -> { }, out),
      Columns::latest};

  private static double[] quantiles(Windows windows) {
    var q = new double[windows.count()];
    Arrays.fill(q, 0.9);
    return q;
  }

  /// Mostly regular, with gaps and jitter.
  private long[] timestamps(int count) {
    var timestamps = new long[count];
    long interval = 1 + random.nextInt(1_000);
    int jitter = random.nextBoolean() ? 1 : (int) Math.min(10, interval);
    long base = 0;
    for (int i = 0; i < count; i++) {
      base += interval * (random.nextInt(10) == 0 ? 1 + random.nextInt(20) : 1);
      timestamps[i] = base + random.nextInt(jitter);
    }
    return timestamps;
  }

  private double[] values(int count) {
    var values = new double[count];
    boolean odd = random.nextInt(4) == 0;
    boolean counter = random.nextBoolean();
    double total = 0;
    for (int i = 0; i < count; i++) {
      total = random.nextInt(15) == 0 ? 0 : total + random.nextInt(5);
      values[i] = odd && random.nextInt(6) == 0 ? ODD[random.nextInt(ODD.length)] : counter ? total : random.nextGaussian();
    }
    return values;
  }
}
