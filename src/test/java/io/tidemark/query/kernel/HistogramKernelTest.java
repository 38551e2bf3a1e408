package io.tidemark.query.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import io.tidemark.promql.BinaryOp;
import io.tidemark.storage.SampleBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HistogramKernelTest {
  private static final Pulse NEVER_STOPS = () -> { };

  private static Histogram plus(Histogram a, Histogram b) {
    return HistogramSum.of(a, b, false).result();
  }

  @Test
  void boundsArePowersOfTwoCutByTheSchema() {
    assertEquals(1, HistogramBuckets.bound(0, 0));
    assertEquals(16, HistogramBuckets.bound(-2, 1));
    assertEquals(Math.sqrt(2), HistogramBuckets.bound(1, 1), 1e-15);
    assertEquals(Math.pow(2, -1 / 256.0), HistogramBuckets.bound(8, -1), 1e-15);
    for (int i = -600; i < 600; i++) {
      assertEquals(Math.pow(2, i / 256.0), HistogramBuckets.bound(8, i), Math.pow(2, i / 256.0) * 1e-15);
      assertEquals(HistogramBuckets.bound(3, i), HistogramBuckets.bound(4, 2 * i), "a finer schema keeps the bounds");
    }
  }

  @Test
  void boundsHaveTheLastBitOfPrometheusTables() {
    assertEquals(0.7071067811865475, HistogramBuckets.bound(1, -1));
    assertEquals(0.8408964152537144, HistogramBuckets.bound(2, -1));
    assertEquals(0.5946035575013605, HistogramBuckets.bound(2, -3));
    assertEquals(0.9170040432046711, HistogramBuckets.bound(3, -1));
    assertEquals(0.9972960560854698, HistogramBuckets.bound(8, -1));
  }

  @Test
  void aRankThatTheBucketsDoNotReachIsTheirUpperBound() {
    assertEquals(4, HistogramValues.quantile(0.9, HistogramValues.times(Histograms.of(0, 0, 9, 10, 1), -1)), "the highest ends the search");
    assertEquals(1, HistogramValues.quantile(0.9, HistogramValues.times(Histograms.of(0, 0, 1, 2, 3), -1)), "no bucket ends the search");
  }

  @Test
  void boundsEndWhereNumbersEnd() {
    assertEquals(Double.MAX_VALUE, HistogramBuckets.bound(0, 1024));
    assertEquals(Double.POSITIVE_INFINITY, HistogramBuckets.bound(0, 1025));
    assertEquals(Double.MIN_VALUE, HistogramBuckets.bound(0, -1074));
    assertEquals(0, HistogramBuckets.bound(0, -2000));
  }

  /// The numbers are those of Prometheus 3.5.
  @Test
  void bucketsBeginWhereTheZeroBucketEnds() {
    var h = new Histogram(0, 11, 5, 1.5, 4, Histograms.buckets(1, 3, 2), Histograms.buckets(1, 2), new double[0], Histogram.Reset.UNKNOWN);
    HistogramBuckets all = HistogramBuckets.of(h);
    assertArrayEquals(new double[] {-2, -1.5, 1.5, 2}, Arrays.copyOf(all.lower, all.count));
    assertArrayEquals(new double[] {-1.5, 1.5, 2, 4}, Arrays.copyOf(all.upper, all.count));
    assertEquals(-1.7073151359925385, HistogramValues.quantile(0.1, h));
    assertEquals(1.5888357615732185, HistogramValues.quantile(0.6, h));
    assertEquals(1.765590065356551, HistogramValues.quantile(0.7, h));
    assertEquals(0.4063771875840693, HistogramValues.fraction(-1.7, 1.2, h));
    assertEquals(0.31790052577424655, HistogramValues.fraction(1.6, 3, h));
    assertEquals(1.5537503267670845, Math.sqrt(HistogramValues.variance(h)));
  }

  @Test
  void sumsMeetAtTheCoarserSchema() {
    assertEquals(Histograms.of(0, 1, 13), plus(Histograms.of(0, 1, 3), Histograms.of(1, 1, 4, 6)).with(Histogram.Reset.UNKNOWN));
    assertArrayEquals(new int[] {-1, 0}, plus(Histograms.of(0, -2, 0, 1), Histograms.of(2, -3, 1, 0, 0, 0)).positive().indexes());
  }

  @Test
  void sumsMeetAtTheWiderZeroBucketWhichSwallowsWhatItCuts() {
    var wide = new Histogram(0, 5, 0, 1.5, 5, Histogram.Buckets.NONE, Histogram.Buckets.NONE, new double[0], Histogram.Reset.UNKNOWN);
    Histogram sum = plus(wide, Histograms.of(0, 0, 2, 3, 4));
    assertEquals(2, sum.zeroThreshold(), "the bucket from 1 to 2 is cut by 1.5 and holds something");
    assertEquals(10, sum.zeroCount());
    assertEquals(new Histogram.Buckets(new int[] {2}, new double[] {4}), sum.positive());
    assertEquals(1.5, plus(wide, Histograms.of(0, 0, 2, 0, 4)).zeroThreshold(), "an empty bucket may be cut");
  }

  @Test
  void customBoundsMeetAtThoseThatBothHave() {
    HistogramSum sum = HistogramSum.of(Histograms.custom(new double[] {1, 2, 5}, 1, 2, 3, 4),
        Histograms.custom(new double[] {2, 3}, 5, 6, 7), false);
    assertTrue(sum.reconciled());
    assertEquals(Histograms.custom(new double[] {2}, 8, 20), sum.result());
    assertFalse(new HistogramSum(Histograms.of(0, 0, 1)).accepts(Histograms.custom(new double[] {1}, 1)));
  }

  @Test
  void whatIsKnownOfTheSampleBeforeIsJoined() {
    Histogram h = Histograms.of(0, 0, 1);
    HistogramSum sum = HistogramSum.of(h.with(Histogram.Reset.YES), h.with(Histogram.Reset.NO), false);
    assertTrue(sum.collided());
    assertEquals(Histogram.Reset.UNKNOWN, sum.result().reset());
    assertEquals(Histogram.Reset.GAUGE, plus(h.with(Histogram.Reset.NO), h.with(Histogram.Reset.GAUGE)).reset());
    assertEquals(Histogram.Reset.NO, plus(h.with(Histogram.Reset.NO), h.with(Histogram.Reset.NO)).reset());
    assertEquals(Histogram.Reset.GAUGE, HistogramValues.times(h, -1).reset());
  }

  @Test
  void compensatesWhatRoundingLoses() {
    var sum = new HistogramSum(Histograms.of(0, 0, 1));
    sum.add(Histograms.of(0, 0, 1e100), 1);
    sum.add(Histograms.of(0, 0, 1), 1);
    sum.add(Histograms.of(0, 0, 1e100), -1);
    assertEquals(2, sum.result().positive().counts()[0]);
  }

  @Test
  void aMeanSurvivesASumThatOverflows() {
    var mean = new HistogramSum(Histograms.of(0, 0, 1.5e308));
    mean.addToMean(Histograms.of(0, 0, 1.7e308));
    mean.addToMean(Histograms.of(0, 0, 1.6e308));
    assertEquals(1.6e308, mean.meanResult().count(), 1e294);
  }

  @Test
  void seesAResetInACountABucketOrAFinerLayout() {
    Histogram before = Histograms.of(0, 0, 2, 2);
    assertFalse(HistogramCompare.isReset(Histograms.of(0, 0, 2, 3), before));
    assertFalse(HistogramCompare.isReset(Histograms.of(-1, 0, 2, 2), before), "coarser buckets hold as much");
    assertTrue(HistogramCompare.isReset(Histograms.of(0, 0, 3, 1), before), "one bucket fell");
    assertTrue(HistogramCompare.isReset(Histograms.of(0, 1, 9), before), "one bucket is gone");
    assertTrue(HistogramCompare.isReset(Histograms.of(1, 0, 9, 9), before), "the resolution grew");
    assertFalse(HistogramCompare.isReset(Histograms.of(0, 0, 1).with(Histogram.Reset.NO), before), "the sender knows better");
    assertTrue(HistogramCompare.isReset(before.with(Histogram.Reset.YES), before));
    assertTrue(HistogramCompare.isReset(Histograms.custom(new double[] {1}, 9, 9), before), "another kind of buckets");
    assertTrue(HistogramCompare.isReset(Histograms.custom(new double[] {2, 3}, 1, 9, 9), Histograms.custom(new double[] {1, 2}, 1, 1, 9)),
        "what lies below the common bound 2 fell from 2 to 1");
  }

  @Test
  void theZeroBucketOfTheNewerHistogramIsWhereOlderCountsAreLookedFor() {
    Histogram before = Histograms.observed(0, 0.25, 0.1, 0.4, 3);
    assertFalse(HistogramCompare.isReset(Histograms.observed(0, 0.5, 0.1, 0.4, 3), before));
    assertTrue(HistogramCompare.isReset(Histograms.observed(0, 0.5, 0.4, 3, 3), before), "the wider zero bucket held 2 before");
    assertTrue(HistogramCompare.isReset(Histograms.observed(0, 0.125, 0.1, 0.4, 3), before), "a zero bucket never shrinks");
  }

  @Test
  void trimmingNothingKeepsTheHistogramItself() {
    Histogram h = Histograms.observed(0, 0.25, 0.1, 0.4, 3, -7);
    assertSame(h, HistogramTrim.trim(h, Double.POSITIVE_INFINITY, true));
    assertSame(h, HistogramTrim.trim(h, Double.NEGATIVE_INFINITY, false));
    assertEquals(0, HistogramTrim.trim(h, Double.NEGATIVE_INFINITY, true).count());
  }

  @Test
  void dividingByZeroLeavesNoBucket() {
    assertEquals(Histogram.Buckets.NONE, HistogramValues.by(Histograms.of(0, 0, 1, 2), 0).positive());
    assertEquals(Double.POSITIVE_INFINITY, HistogramValues.by(Histograms.of(0, 0, 1, 2), 0).count());
  }

  @Test
  void operatorsTellWhichTypesTheyCannotTake() {
    var modulo = new HistogramArithmetic(BinaryOp.MOD, false);
    Column numbers = new Column(new double[] {1, 1, Columns.NONE});
    Column histograms = Column.none(3);
    histograms.set(0, Histograms.of(0, 0, 1));
    histograms.set(2, Histograms.of(0, 0, 1));
    Column out = Column.none(3);
    modulo.columns(numbers, histograms, numbers, out, 3);
    assertTrue(out.isEmpty(3));
    var told = new StringBuilder();
    modulo.incompatiblePairs((left, right) -> told.append(left).append(' ').append(right).append(';'));
    assertEquals("float histogram;", told.toString(), "only the first step has both");
  }

  private static SampleBuffer everySecond(Histogram... histograms) {
    var samples = new SampleBuffer();
    for (int i = 0; i < histograms.length; i++) {
      samples.add(1_000L * (i + 1), histograms[i]);
    }
    return samples;
  }

  @Test
  void aRateOfHistogramsIsTheRateOfEachCount() {
    SampleBuffer samples = everySecond(Histograms.of(0, 0, 10, 20), Histograms.of(0, 0, 11, 22), Histograms.of(0, 0, 2, 3));
    Column out = Column.none(1);
    Set<Remark> remarks = EnumSet.noneOf(Remark.class);
    WindowChanges.extrapolated(samples, new Windows(3_000, 1_000, 1, 2_500, 3_000, 1_000), Rates.Kind.INCREASE, remarks, NEVER_STOPS, out);
    Histogram increase = out.histogram(0);
    assertEquals(Set.of(), remarks);
    assertArrayEquals(new double[] {(1 + 2) * 1.25, (2 + 3) * 1.25}, increase.positive().counts(), 1e-12);
    assertEquals(Histogram.Reset.GAUGE, increase.reset());
  }

  @Test
  void aWindowOfNumbersAndHistogramsHasNoRate() {
    SampleBuffer samples = everySecond(Histograms.of(0, 0, 1), Histograms.of(0, 0, 2));
    samples.add(3_000, 5);
    Column out = Column.none(1);
    Set<Remark> remarks = EnumSet.noneOf(Remark.class);
    WindowChanges.extrapolated(samples, new Windows(3_000, 1_000, 1, 5_000, 3_000, 1_000), Rates.Kind.RATE, remarks, NEVER_STOPS, out);
    assertFalse(out.has(0));
    assertEquals(Set.of(Remark.MIXED_SAMPLES), remarks);
  }

  @Test
  void aStartBehindTheSampleBeforeIsAReset() {
    var samples = new SampleBuffer();
    samples.add(1_000, 5);
    samples.add(2_000, 6);
    samples.startLast(1_500);
    samples.add(3_000, 8);
    samples.startLast(1_500);
    Column out = Column.none(1);
    WindowChanges.count(samples, new Windows(3_000, 1_000, 1, 5_000, 3_000, 1_000), true, NEVER_STOPS, out);
    assertEquals(1, out.values[0]);
    WindowChanges.instant(samples, new Windows(2_000, 1_000, 1, 5_000, 2_000, 1_000), true, EnumSet.noneOf(Remark.class), out);
    assertEquals(6, out.values[0], "the counter began at zero after the sample before");
  }

  @Test
  void aCounterThatBeganWithinTheWindowWasZeroThen() {
    var samples = new SampleBuffer();
    samples.add(2_000, 6);
    samples.startLast(1_000);
    samples.add(3_000, 8);
    samples.startLast(1_000);
    Column out = Column.none(1);
    WindowChanges.extrapolated(samples, new Windows(3_000, 1_000, 1, 5_000, 3_000, 1_000), Rates.Kind.INCREASE,
        EnumSet.noneOf(Remark.class), NEVER_STOPS, out);
    assertEquals(8, out.values[0], 1e-12);
  }

  @Test
  void numbersAloneGiveWhatTheFastKernelsGive() {
    var random = new Random(11);
    for (int round = 0; round < 300; round++) {
      var samples = new SampleBuffer();
      long at = 0;
      double value = 0;
      for (int i = 0; i < random.nextInt(40); i++) {
        at += 500 + random.nextInt(1_000);
        value = random.nextInt(8) == 0 ? random.nextInt(3) : value + random.nextInt(5);
        samples.add(at, value);
      }
      var windows = new Windows(1_000 + random.nextInt(5_000), 700, 40, 1_000 + random.nextInt(9_000), 0, 700);
      int n = samples.count;
      for (Rates.Kind kind : Rates.Kind.values()) {
        var fast = new double[40];
        Rates.extrapolated(samples.timestampsMillis, samples.values, n, windows, kind, new int[n], NEVER_STOPS, fast);
        Column slow = Column.none(40);
        WindowChanges.extrapolated(samples, windows, kind, EnumSet.noneOf(Remark.class), NEVER_STOPS, slow);
        assertArrayEquals(fast, slow.values, 1e-9, kind + " of round " + round);
      }
      var fast = new double[40];
      Rates.count(samples.timestampsMillis, samples.values, n, windows, true, new int[n], fast);
      Column slow = Column.none(40);
      WindowChanges.count(samples, windows, true, NEVER_STOPS, slow);
      assertArrayEquals(fast, slow.values, "resets of round " + round);
      Rates.instant(samples.timestampsMillis, samples.values, n, windows, true, fast);
      WindowChanges.instant(samples, windows, true, EnumSet.noneOf(Remark.class), slow);
      assertArrayEquals(fast, slow.values, 1e-9, "irate of round " + round);
    }
  }
}
