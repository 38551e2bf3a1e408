package io.tidemark.query.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Histograms of observations that are known one by one, so that every answer can be checked against them.
class HistogramPropertyTest {
  private static final int ROUNDS = 400;

  private final Random random = new Random(20261126);

  private int schema() {
    return random.nextInt(-1, 4);
  }

  private double threshold() {
    return random.nextInt(3) == 0 ? 0 : Math.pow(2, random.nextInt(-5, 1));
  }

  private double[] observations() {
    return Histograms.observations(random, random.nextInt(1, 30));
  }

  private static double[] joined(double[] a, double[] b) {
    double[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @Test
  void theSumIsTheHistogramOfAllObservations() {
    for (int round = 0; round < ROUNDS; round++) {
      double[] a = observations();
      double[] b = observations();
      int schemaA = schema();
      int schemaB = schema();
      double threshold = threshold();
      Histogram sum = HistogramSum.of(Histograms.observed(schemaA, threshold, a), Histograms.observed(schemaB, threshold, b), false)
          .result();
      Histogram expected = Histograms.observed(Math.min(schemaA, schemaB), threshold, joined(a, b));
      assertEquals(expected.sum(), sum.sum(), 1e-9);
      assertTrue(HistogramCompare.same(withSum(expected, 0), withSum(sum, 0)), () -> expected + " and " + sum);
    }
  }

  private static Histogram withSum(Histogram h, double sum) {
    return new Histogram(h.schema(), h.count(), sum, h.zeroThreshold(), h.zeroCount(), h.positive(), h.negative(), h.customBounds(),
        h.reset());
  }

  @Test
  void addingIsUndoneBySubtracting() {
    for (int round = 0; round < ROUNDS; round++) {
      Histogram a = Histograms.observed(1, threshold(), observations());
      Histogram b = Histograms.observed(schema(), threshold(), observations());
      var sum = new HistogramSum(a);
      sum.add(b, 1);
      Histogram both = sum.result();
      sum.add(b, -1);
      Histogram back = sum.result();
      assertEquals(a.count(), back.count());
      assertEquals(a.sum(), back.sum(), 1e-9);
      assertTrue(back.schema() <= a.schema() && back.zeroThreshold() >= a.zeroThreshold());
      assertFalse(HistogramCompare.isReset(both.with(Histogram.Reset.UNKNOWN), back), "more observations in the same layout");
      assertEquals(a.count(), total(back), 1e-9);
    }
  }

  private static double total(Histogram h) {
    double total = 0;
    for (double count : Arrays.copyOf(HistogramBuckets.of(h).counts, HistogramBuckets.of(h).count)) {
      total += count;
    }
    return total;
  }

  @Test
  void mergingPartsInOrderIsAddingOneByOne() {
    for (int round = 0; round < ROUNDS; round++) {
      var all = new Histogram[random.nextInt(2, 12)];
      Arrays.setAll(all, _ -> Histograms.observed(schema(), threshold(), observations()));
      int cut = random.nextInt(1, all.length);
      for (boolean mean : new boolean[] {false, true}) {
        HistogramSum whole = gathered(all, 0, all.length, mean);
        HistogramSum parts = gathered(all, 0, cut, mean);
        parts.merge(gathered(all, cut, all.length, mean), mean);
        Histogram a = mean ? whole.meanResult() : whole.result();
        Histogram b = mean ? parts.meanResult() : parts.result();
        assertEquals(a.count(), b.count(), 1e-9);
        assertEquals(a.sum(), b.sum(), 1e-9);
        assertEquals(a.schema(), b.schema());
        assertEquals(total(a), total(b), 1e-9);
      }
    }
  }

  private static HistogramSum gathered(Histogram[] all, int from, int to, boolean mean) {
    var sum = new HistogramSum(all[from]);
    for (int i = from + 1; i < to; i++) {
      if (mean) {
        sum.addToMean(all[i]);
      } else {
        sum.add(all[i], 1);
      }
    }
    return sum;
  }

  @Test
  void moreObservationsAreNeverAReset() {
    for (int round = 0; round < ROUNDS; round++) {
      double[] first = observations();
      double threshold = threshold();
      Histogram before = Histograms.observed(2, threshold, first);
      Histogram after = Histograms.observed(random.nextInt(-1, 3), threshold, joined(first, observations()));
      assertFalse(HistogramCompare.isReset(after, before), () -> before + " then " + after);
      assertTrue(HistogramCompare.isReset(before, after) || before.schema() == after.schema() && before.count() == after.count());
    }
  }

  @Test
  void aQuantileLiesInTheBucketOfItsObservationAndAFractionLeadsBack() {
    for (int round = 0; round < ROUNDS; round++) {
      double[] values = observations();
      Histogram h = Histograms.observed(random.nextInt(0, 4), 0, values);
      Arrays.sort(values);
      double q = (random.nextInt(values.length) + 0.5) / values.length;
      double exact = values[(int) Math.floor(q * values.length)];
      double quantile = HistogramValues.quantile(q, h);
      double width = Math.pow(2, Math.pow(2, -h.schema())) * (1 + 1e-9);
      assertTrue(quantile / exact < width && exact / quantile < width,
          () -> q + " of " + Arrays.toString(values) + " came out as " + quantile);
      assertEquals(q, HistogramValues.fraction(Double.NEGATIVE_INFINITY, quantile, h), 1e-9);
    }
  }

  @Test
  void whatATrimKeepsAndDropsIsTheWholeAndItsCountTheFraction() {
    for (int round = 0; round < ROUNDS; round++) {
      Histogram h = Histograms.observed(schema(), threshold(), observations());
      double cut = random.nextGaussian(0, 8);
      Histogram below = HistogramTrim.trim(h, cut, true);
      Histogram above = HistogramTrim.trim(h, cut, false);
      assertEquals(h.count(), below.count() + above.count(), 1e-9);
      assertEquals(HistogramValues.fraction(Double.NEGATIVE_INFINITY, cut, h) * h.count(), below.count(), 1e-9);
      assertEquals(h.count(), total(HistogramSum.of(below, above, false).result()), 1e-9);
    }
  }

  @Test
  void varianceIsThatOfTheObservationsUpToTheWidthOfBuckets() {
    for (int round = 0; round < ROUNDS; round++) {
      double[] values = observations();
      Histogram fine = Histograms.observed(8, 0, values);
      double mean = Arrays.stream(values).average().orElseThrow();
      double exact = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).average().orElseThrow();
      double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
      assertEquals(exact, HistogramValues.variance(fine), 0.01 * largest * largest);
    }
  }
}
