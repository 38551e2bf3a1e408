package io.tidemark.query.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Stale;
import io.tidemark.promql.Function;
import io.tidemark.storage.SampleBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KernelTest {
  private static final Pulse NEVER_STOPS = () -> { };

  private static long[] everySecond(int count) {
    var timestamps = new long[count];
    for (int i = 0; i < count; i++) {
      timestamps[i] = i * 1_000L;
    }
    return timestamps;
  }

  private static Windows windows(long firstEnd, long step, int count, long range) {
    return new Windows(firstEnd, step, count, range, firstEnd, step);
  }

  private static double[] rate(Rates.Kind kind, Windows windows, double... values) {
    var out = new double[windows.count()];
    Rates.extrapolated(everySecond(values.length), values, values.length, windows, kind, new int[values.length], NEVER_STOPS, out);
    return out;
  }

  @Test
  void looksBackOverALeftOpenWindow() {
    long[] timestamps = {0, 1_000, 2_000};
    double[] values = {1, Stale.VALUE, 3};
    var out = new double[5];
    Columns.latest(timestamps, values, 3, windows(-500, 500, 5, 500), out);
    assertFalse(Columns.has(out[0]));
    assertEquals(1, out[1]);
    assertFalse(Columns.has(out[2]), "a sample as old as the lookback is gone");
    assertFalse(Columns.has(out[3]), "a staleness marker ends the series at once");
    assertFalse(Columns.has(out[4]));
  }

  @Test
  void keepsOrdinaryNanApartFromNoValue() {
    assertTrue(Columns.has(Double.NaN));
    assertFalse(Columns.has(Stale.VALUE));
    var samples = new SampleBuffer();
    samples.add(0, Double.NaN);
    samples.add(1, Stale.VALUE);
    samples.add(2, 5);
    Columns.dropStale(samples);
    assertEquals(2, samples.count);
    assertArrayEquals(new double[] {Double.NaN, 5}, Arrays.copyOf(samples.values, 2));
    assertEquals(2, samples.timestampsMillis[1]);
  }

  @Test
  void extrapolatesToTheWindowsEdgesButNotBelowZero() {
    // Samples at 1 s and 2 s of (0 s, 2.5 s]: 0.5 s is below 1.1 intervals, 1 s too; zero would have been crossed at 0 s.
    assertEquals(2.5, rate(Rates.Kind.INCREASE, windows(2_500, 1_000, 1, 2_500), 0, 1, 2)[0], 1e-12);
    assertEquals(1.0, rate(Rates.Kind.RATE, windows(2_500, 1_000, 1, 2_500), 0, 1, 2)[0], 1e-12);
    assertEquals(-2.5, rate(Rates.Kind.DELTA, windows(2_500, 1_000, 1, 2_500), 9, 8, 7)[0], 1e-12);
  }

  @Test
  void countsAResetAsARestartFromZero() {
    assertEquals(4.0, rate(Rates.Kind.INCREASE, windows(3_000, 1_000, 1, 3_001), 5, 7, 1, 2)[0], 1e-2);
    var out = new double[1];
    Rates.instant(new long[] {0, 1_000}, new double[] {5, 2}, 2, windows(1_000, 0, 1, 2_000), true, out);
    assertEquals(2, out[0]);
    Rates.instant(new long[] {0, 1_000}, new double[] {5, 2}, 2, windows(1_000, 0, 1, 2_000), false, out);
    assertEquals(-3, out[0]);
  }

  @Test
  void needsTwoSamplesForARate() {
    assertFalse(Columns.has(rate(Rates.Kind.RATE, windows(1_000, 0, 1, 1_000), 1, 2)[0]));
  }

  @Test
  void countsResetsAndChangesPerWindow() {
    double[] values = {1, 1, 0, Double.NaN, Double.NaN, 3};
    var out = new double[2];
    Rates.count(everySecond(6), values, 6, windows(4_000, 1_000, 2, 10_000), true, new int[6], out);
    assertArrayEquals(new double[] {1, 1}, out);
    Rates.count(everySecond(6), values, 6, windows(4_000, 1_000, 2, 10_000), false, new int[6], out);
    assertArrayEquals(new double[] {2, 3}, out);
  }

  @Test
  void slidingSumsEqualSumsMadeAnew() {
    var random = new Random(7);
    for (int round = 0; round < 200; round++) {
      int count = 1 + random.nextInt(60);
      long[] timestamps = new long[count];
      double[] values = new double[count];
      long at = 0;
      for (int i = 0; i < count; i++) {
        at += 1 + random.nextInt(3_000);
        timestamps[i] = at;
        values[i] = random.nextInt(10) == 0 ? 1e100 * (random.nextInt(3) - 1) : random.nextGaussian();
      }
      Windows windows = windows(random.nextInt(5_000), 1 + random.nextInt(4_000), 40, 1 + random.nextInt(20_000));
      var sums = new double[40];
      var means = new double[40];
      Sums.over(timestamps, values, count, windows, Sums.Kind.SUM, new double[2 * count], sums);
      Sums.over(timestamps, values, count, windows, Sums.Kind.MEAN, new double[2 * count], means);
      for (int step = 0; step < 40; step++) {
        var accumulator = new Accumulator(Accumulator.Kind.SUM, 1);
        int n = 0;
        for (int i = 0; i < count; i++) {
          if (timestamps[i] > windows.startMillis(step) && timestamps[i] <= windows.endMillis(step)) {
            accumulator.add(new double[] {values[i]});
            n++;
          }
        }
        var expected = new double[1];
        accumulator.finish(expected);
        assertEquals(n > 0, Columns.has(sums[step]));
        if (n > 0) {
          assertEquals(expected[0], sums[step], Math.abs(expected[0]) * 1e-12 + 1e-12);
          assertEquals(expected[0] / n, means[step], Math.abs(expected[0]) * 1e-12 + 1e-12);
        }
      }
    }
  }

  @Test
  void infinityLeavesASlidingSumWithItsWindow() {
    double[] values = {1, Double.POSITIVE_INFINITY, 2, 3, 4};
    var out = new double[5];
    Sums.over(everySecond(5), values, 5, windows(0, 1_000, 5, 2_000), Sums.Kind.SUM, new double[10], out);
    assertArrayEquals(new double[] {1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 5, 7}, out);
  }

  @Test
  void meanSurvivesASumThatOverflows() {
    double[] values = {1.5e308, 1.5e308, 1.5e308};
    var out = new double[1];
    Sums.over(everySecond(3), values, 3, windows(2_000, 0, 1, 9_000), Sums.Kind.MEAN, new double[6], out);
    assertEquals(1.5e308, out[0], 1e294);
    var accumulator = new Accumulator(Accumulator.Kind.MEAN, 1);
    for (double value : values) {
      accumulator.add(new double[] {value});
    }
    accumulator.finish(out);
    assertEquals(1.5e308, out[0], 1e294);
  }

  @Test
  void extremaIgnoreNanUnlessThereIsNothingElse() {
    double[] values = {Double.NaN, 5, Double.NaN, 3, Double.NaN};
    var out = new double[5];
    OverTime.extremum(everySecond(5), values, 5, windows(0, 1_000, 5, 2_000), true, false, new int[5], out);
    assertArrayEquals(new double[] {Double.NaN, 5, 5, 3, 3}, out);
    OverTime.extremum(everySecond(5), values, 5, windows(0, 1_000, 5, 2_000), false, true, new int[5], out);
    assertArrayEquals(new double[] {0, 1, 1, 3, 3}, out);
  }

  @Test
  void quantilesTakeNanAsSmallest() {
    double[] values = {3, Double.NaN, 1, 2};
    var out = new double[3];
    OverTime.quantile(everySecond(4), values, 4, windows(1_000, 1_000, 3, 3_000), new double[] {0, 0.5, 1}, new double[5],
        NEVER_STOPS, out);
    assertArrayEquals(new double[] {Double.NaN, 1, 2}, out);
    assertEquals(Double.NEGATIVE_INFINITY, OverTime.ofSorted(values, 4, -0.1));
    assertEquals(Double.POSITIVE_INFINITY, OverTime.ofSorted(values, 4, 1.1));
  }

  @Test
  void aLargeWindowIsFilledInPieces() {
    int count = 300_000;
    var values = new double[count];
    Arrays.setAll(values, i -> count - i);
    for (boolean median : new boolean[] {true, false}) {
      var beats = new AtomicInteger();
      var sorted = new double[2 * count];
      Pulse stop = () -> {
        if (beats.incrementAndGet() > 3) {
          throw new CancellationException();
        }
      };
      assertThrows(CancellationException.class, () -> {
        if (median) {
          OverTime.medianDeviation(everySecond(count), values, count, windows(count * 1_000L, 0, 1, count * 2_000L), sorted, stop,
              new double[1]);
        } else {
          OverTime.quantile(everySecond(count), values, count, windows(count * 1_000L, 0, 1, count * 2_000L), new double[1], sorted, stop,
              new double[1]);
        }
      });
      assertTrue(Arrays.stream(sorted).filter(value -> value != 0).count() <= 3 * 1_024);
    }
  }

  @Test
  void aSlopeNeedsTwoSamplesAndFollowsTheLine() {
    var out = new double[2];
    Trends.slope(everySecond(4), new double[] {1, 3, 5, 7}, 4, windows(0, 3_000, 2, 9_000), NEVER_STOPS, out);
    assertFalse(Columns.has(out[0]));
    assertEquals(2, out[1], 1e-12);
    Trends.predict(everySecond(4), new double[] {1, 3, 5, 7}, 4, windows(0, 3_000, 2, 9_000), new double[] {10, 10}, NEVER_STOPS, out);
    assertEquals(27, out[1], 1e-12);
  }

  @Test
  void partialGroupsMergeToTheWhole() {
    var random = new Random(11);
    for (var kind : Accumulator.Kind.values()) {
      var whole = new Accumulator(kind, 4);
      var first = new Accumulator(kind, 4);
      var second = new Accumulator(kind, 4);
      for (int i = 0; i < 50; i++) {
        var column = new double[4];
        for (int step = 0; step < 4; step++) {
          column[step] = random.nextInt(4) == 0 ? Columns.NONE : random.nextGaussian() * 100;
        }
        whole.add(column);
        (i < 20 ? first : second).add(column);
      }
      first.merge(second);
      var expected = new double[4];
      var actual = new double[4];
      whole.finish(expected);
      first.finish(actual);
      assertArrayEquals(expected, actual, 1e-9, kind.name());
    }
  }

  @Test
  void rankBelowTheFirstBoundIsInterpolatedFromZero() {
    double[] bounds = {1, 2, Double.POSITIVE_INFINITY};
    double[] counts = {10, 20, 20};
    assertEquals(0.5, Buckets.quantile(0.25, bounds, counts, 3));
    assertEquals(1.5, Buckets.quantile(0.75, bounds, counts, 3));
    assertTrue(Double.isNaN(Buckets.quantile(0.5, bounds, counts, 2)), "no +Inf bucket");
    assertEquals(0.25, Buckets.fraction(bounds, counts, 3, 0.5, 1.0), 1e-12);
    double[] falling = {10, 4, 20};
    var worst = new double[3];
    assertTrue(Buckets.makeMonotonic(bounds, falling, 3, worst));
    assertArrayEquals(new double[] {10, 10, 20}, falling);
    assertArrayEquals(new double[] {2, 2, 6}, worst);
  }

  @Test
  void smoothedWindowsDrawLinesBetweenSamples() {
    var out = new double[1];
    Extended.change(new long[] {0, 2_000, 4_000}, new double[] {0, 4, 8}, 3, windows(3_000, 0, 1, 2_000), 300_000,
        Rates.Kind.INCREASE, true, NEVER_STOPS, out);
    assertEquals(4, out[0], 1e-12);
    Extended.change(new long[] {0, 2_000, 4_000}, new double[] {0, 4, 8}, 3, windows(3_000, 0, 1, 2_000), 300_000,
        Rates.Kind.INCREASE, false, NEVER_STOPS, out);
    assertEquals(4, out[0], 1e-12);
    Extended.value(new long[] {0, 2_000}, new double[] {0, 4}, 2, windows(500, 0, 1, 300_000), out);
    assertEquals(1, out[0], 1e-12);
  }

  @Test
  void knowsTheCalendar() {
    double leapDay = 1_709_164_800; // 2024-02-29T00:00:00Z, a Thursday
    assertEquals(29, of(Function.DAY_OF_MONTH, leapDay));
    assertEquals(60, of(Function.DAY_OF_YEAR, leapDay));
    assertEquals(29, of(Function.DAYS_IN_MONTH, leapDay));
    assertEquals(4, of(Function.DAY_OF_WEEK, leapDay));
    assertEquals(2024, of(Function.YEAR, leapDay));
    assertEquals(61, of(Function.DAY_OF_YEAR, leapDay + 86_400));
    assertEquals(1969, of(Function.YEAR, -1));
    assertEquals(23, of(Function.HOUR, -1));
    assertEquals(59, of(Function.MINUTE, -1));
  }

  @Test
  void takesExactLogarithmsOfPowersOfTwo() {
    assertEquals(3, of(Function.LOG2, 8));
    assertEquals(-1074, of(Function.LOG2, Double.MIN_VALUE), 1e-9);
    assertEquals(Double.NEGATIVE_INFINITY, of(Function.LOG2, 0));
  }

  @Test
  void takesTheInverseHyperbolicCosineOfNothingBelowOne() {
    assertEquals(Double.NaN, of(Function.ACOSH, 0.99));
    assertEquals(Double.NaN, of(Function.ACOSH, -3.4e17), "x and the root of its square must not cancel out to the logarithm of 0");
    assertEquals(Double.NaN, of(Function.ACOSH, Double.NEGATIVE_INFINITY));
    assertEquals(Double.NaN, of(Function.ACOSH, Double.NaN));
    assertEquals(0, of(Function.ACOSH, 1));
    assertEquals(1e-5, of(Function.ACOSH, Math.cosh(1e-5)), 1e-11, "near 1 no digit is lost beyond those that 1 itself takes");
    assertEquals(Math.sqrt(2 * 0x1p-40), of(Function.ACOSH, 1 + 0x1p-40), 1e-18);
    assertEquals(3, of(Function.ACOSH, Math.cosh(3)), 1e-14);
    assertEquals(Double.POSITIVE_INFINITY, of(Function.ACOSH, Double.POSITIVE_INFINITY));
  }

  @Test
  void roundsHyperbolicFunctionsToTheNearestNumber() {
    assertEquals(2.252751184914906e114, of(Function.SINH, 264));
    assertEquals(2.252751184914906e114, of(Function.COSH, -264));
    assertEquals(-16.542627287634996, of(Function.SINH, -3.5));
    assertEquals(-1e-9, of(Function.SINH, -1e-9));
    assertEquals(1, of(Function.COSH, 0));
    assertTrue(Double.isFinite(of(Function.COSH, 710)), "half of what overflows need not");
    assertEquals(Double.NEGATIVE_INFINITY, of(Function.SINH, Double.NEGATIVE_INFINITY));
    assertEquals(Double.NaN, of(Function.SINH, Double.NaN));
  }

  private static double of(Function function, double value) {
    double[] column = {value};
    Elements.apply(function, column, 1);
    return column[0];
  }
}
