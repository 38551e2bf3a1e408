package io.tidemark.codec;

import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Buckets;
import io.tidemark.model.Histogram.Reset;
import java.util.Arrays;
import java.util.Random;

/// Native histograms for tests.
public final class Histograms {
  private Histograms() {}

  /// Any valid one with whole counts.
  public static Histogram whole(Random random) {
    return any(random, true);
  }

  /// Any valid one.
  public static Histogram any(Random random) {
    return any(random, random.nextBoolean());
  }

  private static Histogram any(Random random, boolean whole) {
    boolean custom = random.nextInt(4) == 0;
    var bounds = new double[custom ? random.nextInt(6) : 0];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = i + random.nextDouble() / 2;
    }
    Buckets positive = custom ? buckets(random, 0, bounds.length, whole) : buckets(random, -20, 40, whole);
    Buckets negative = custom || random.nextBoolean() ? Buckets.NONE : buckets(random, -20, 40, whole);
    return new Histogram(custom ? Histogram.CUSTOM_SCHEMA : random.nextInt(13) - 4, count(random, whole), value(random),
        custom || random.nextBoolean() ? 0 : Math.abs(random.nextGaussian()), custom ? 0 : count(random, whole), positive, negative, bounds,
        Reset.values()[random.nextInt(4)]);
  }

  private static Buckets buckets(Random random, int from, int to, boolean whole) {
    int[] indexes = random.ints(random.nextInt(12), from, to + 1).sorted().distinct().toArray();
    var counts = new double[indexes.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = count(random, whole);
    }
    return new Buckets(indexes, counts);
  }

  private static double count(Random random, boolean whole) {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(1000);
      case 2 -> random.nextLong() & (1L << 52) - 1;
      default -> whole ? random.nextInt() >>> 1 : Math.abs(random.nextGaussian());
    };
  }

  private static double value(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(100);
      case 1 -> Double.NaN;
      default -> random.nextGaussian();
    };
  }

  /// The next sample of a counter: more observations, now and then in a new bucket, in another resolution, or after a reset.
  public static Histogram next(Random random, Histogram before) {
    if (random.nextInt(30) == 0) {
      return any(random);
    }
    boolean fractions = random.nextInt(20) == 0;
    return new Histogram(before.schema(), more(random, before.count(), fractions), before.sum() + random.nextDouble(),
        before.zeroThreshold(), before.isCustom() ? 0 : more(random, before.zeroCount(), false), more(random, before.positive(), fractions),
        more(random, before.negative(), fractions), before.customBounds(), random.nextInt(10) == 0 ? Reset.UNKNOWN : Reset.NO);
  }

  private static Buckets more(Random random, Buckets before, boolean fractions) {
    double[] counts = before.counts().clone();
    for (int i = 0; i < counts.length; i++) {
      counts[i] = more(random, counts[i], fractions);
    }
    return new Buckets(before.indexes(), counts);
  }

  private static double more(Random random, double count, boolean fractions) {
    return fractions ? count * 1.5 : count + random.nextInt(3);
  }

  /// Requests of a service by latency, 20 a second for `step` steps of 15 s: the made-up histogram that documents quote.
  public static Histogram latency(int step) {
    var random = new Random(7);
    var counts = new long[61];
    double sum = 0;
    for (int i = 0; i < (step + 1) * 300; i++) {
      double seconds = Math.exp(random.nextGaussian() * 0.8 - 3);
      sum += seconds;
      counts[Math.clamp((int) Math.ceil(Math.log(seconds) / Math.log(2) * 8) + 50, 0, 60)]++;
    }
    int used = (int) Arrays.stream(counts).filter(n -> n > 0).count();
    var indexes = new int[used];
    var values = new double[used];
    int at = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        indexes[at] = i - 50;
        values[at++] = counts[i];
      }
    }
    return new Histogram(3, (step + 1) * 300.0, sum, 0, 0, new Buckets(indexes, values), Buckets.NONE, new double[0], Reset.NO);
  }
}
