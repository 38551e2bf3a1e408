package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;

/// Histograms for tests: made by hand, by chance, and of single observations.
final class Histograms {
  private Histograms() {}

  /// Buckets from `first` on, no zero bucket.
  static Histogram of(int schema, int first, double... counts) {
    double total = Arrays.stream(counts).sum();
    return new Histogram(schema, total, total, 0, 0, buckets(first, counts), Histogram.Buckets.NONE, new double[0],
        Histogram.Reset.UNKNOWN);
  }

  static Histogram custom(double[] bounds, double... counts) {
    double total = Arrays.stream(counts).sum();
    return new Histogram(Histogram.CUSTOM_SCHEMA, total, total, 0, 0, buckets(0, counts), Histogram.Buckets.NONE, bounds,
        Histogram.Reset.UNKNOWN);
  }

  static Histogram.Buckets buckets(int first, double... counts) {
    var indexes = new int[counts.length];
    Arrays.setAll(indexes, i -> first + i);
    return new Histogram.Buckets(indexes, counts);
  }

  /// The histogram of `observations`, each put into its bucket one by one.
  static Histogram observed(int schema, double zeroThreshold, double... observations) {
    var positive = new TreeMap<Integer, Double>();
    var negative = new TreeMap<Integer, Double>();
    double zero = 0;
    double sum = 0;
    for (double value : observations) {
      sum += value;
      if (Math.abs(value) <= zeroThreshold) {
        zero++;
      } else {
        int index = (int) Math.ceil(Math.log(Math.abs(value)) / Math.log(2) * Math.pow(2, schema) - 1e-9);
        (value > 0 ? positive : negative).merge(index, 1.0, Double::sum);
      }
    }
    return new Histogram(schema, observations.length, sum, zeroThreshold, zero, buckets(positive), buckets(negative), new double[0],
        Histogram.Reset.UNKNOWN);
  }

  private static Histogram.Buckets buckets(TreeMap<Integer, Double> counts) {
    return new Histogram.Buckets(counts.keySet().stream().mapToInt(Integer::intValue).toArray(),
        counts.values().stream().mapToDouble(Double::doubleValue).toArray());
  }

  /// Whole numbers of either sign between 1/64 and 64 in size, never on a bucket's bound.
  static double[] observations(Random random, int count) {
    var values = new double[count];
    Arrays.setAll(values, _ -> (random.nextBoolean() ? 1 : -1) * Math.pow(2, random.nextInt(-6, 6) + 0.03 + 0.9 * random.nextDouble()));
    return values;
  }
}
