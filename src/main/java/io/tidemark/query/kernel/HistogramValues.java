package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import java.util.Arrays;

/// Numbers that a native histogram answers: quantiles, fractions, variance; and the histogram multiplied.
///
/// Within an exponential bucket observations are thought to lie evenly on a logarithmic scale, within the zero bucket and custom
/// buckets on a linear one. Source: https://prometheus.io/docs/specs/native_histograms/, re-stated.
public final class HistogramValues {
  private HistogramValues() {}

  /// Whether NaN was observed: such observations count, but lie in no bucket.
  public static boolean hasNan(Histogram h) {
    return Double.isNaN(h.sum());
  }

  /// The `q`-quantile; ±Inf for a `q` outside of 0 to 1, NaN for NaN, without observations, or when it falls to NaN observations.
  public static double quantile(double q, Histogram h) {
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    HistogramBuckets all = HistogramBuckets.of(h);
    if (Double.isNaN(q) || h.count() == 0 || all.count == 0) {
      return Double.NaN;
    }
    // From the nearer end, because that adds fewer counts up; NaN observations are counted behind the highest bucket.
    boolean upwards = hasNan(h) || q < 0.5;
    double rank = (upwards ? q : 1 - q) * h.count();
    int at = upwards ? 0 : all.count - 1;
    int last = upwards ? all.count - 1 : 0;
    double seen = all.counts[at];
    while (!(seen >= rank) && at != last) {
      at += upwards ? 1 : -1;
      seen += all.counts[at];
    }
    double lower = lower(h, all, at);
    double upper = upper(h, all, at);
    if (h.isCustom() && (lower == Double.NEGATIVE_INFINITY || upper == Double.POSITIVE_INFINITY)) {
      return lower == Double.NEGATIVE_INFINITY ? upper : lower;
    }
    seen = Math.min(seen, h.count());
    if (seen < rank) {
      // Observations beyond the buckets are NaN ones; else the counts do not add up, as those of a negated histogram.
      return hasNan(h) ? Double.NaN : upper;
    }
    double within = upwards ? rank - (seen - all.counts[at]) : seen - rank;
    double share = within / all.counts[at];
    if (isLinear(h, lower, upper)) {
      return lower + (upper - lower) * share;
    }
    double logLower = PowersOfTwo.log2(Math.abs(lower));
    double logUpper = PowersOfTwo.log2(Math.abs(upper));
    return lower > 0 ? PowersOfTwo.exp2(logLower + (logUpper - logLower) * share)
        : -PowersOfTwo.exp2(logUpper + (logLower - logUpper) * (1 - share));
  }

  /// The share of observations between `lower` and `upper`.
  public static double fraction(double lower, double upper, Histogram h) {
    if (h.count() == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
      return Double.NaN;
    }
    if (lower >= upper) {
      return 0;
    }
    HistogramBuckets all = HistogramBuckets.of(h);
    return (rank(upper, h, all) - rank(lower, h, all)) / h.count();
  }

  /// How many observations lie below `value`.
  private static double rank(double value, Histogram h, HistogramBuckets all) {
    double rank = 0;
    for (int i = 0; i < all.count; i++) {
      double lower = lower(h, all, i);
      double upper = upper(h, all, i);
      if (value <= lower) {
        return Math.min(rank, h.count());
      }
      if (value < upper) {
        return Math.min(rank + countBelow(value, all.counts[i], lower, upper, isLinear(h, lower, upper)), h.count());
      }
      rank += all.counts[i];
    }
    // The buckets need not add up to the count: after arithmetic by rounding, with NaN observations on purpose.
    return hasNan(h) ? Math.min(rank, h.count()) : h.count();
  }

  /// How many of a bucket's `count` lie below a `value` inside of it. The product comes before the quotient where the bucket is linear, as
  /// in Prometheus: the last digit depends on it.
  private static double countBelow(double value, double count, double lower, double upper, boolean linear) {
    if (linear && !Double.isInfinite(lower) && !Double.isInfinite(upper)) {
      return count * (value - lower) / (upper - lower);
    }
    return count * shareBelow(value, lower, upper, linear);
  }

  /// Which share of a bucket lies below a `value` inside of it.
  static double shareBelow(double value, double lower, double upper, boolean linear) {
    if (Double.isInfinite(lower) || Double.isInfinite(upper)) {
      return Double.isInfinite(lower) ? 1 : 0;
    }
    if (linear) {
      return (value - lower) / (upper - lower);
    }
    double logLower = PowersOfTwo.log2(Math.abs(lower));
    double logUpper = PowersOfTwo.log2(Math.abs(upper));
    double logValue = PowersOfTwo.log2(Math.abs(value));
    return value > 0 ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper);
  }

  static boolean isLinear(Histogram h, double lower, double upper) {
    return h.isCustom() || lower <= 0 && upper >= 0;
  }

  /// Lower bound of bucket `i`: 0 for the zero bucket when nothing is negative, and for the lowest custom bucket when its upper bound is
  /// positive.
  static double lower(Histogram h, HistogramBuckets all, int i) {
    double lower = all.lower[i];
    if (h.isCustom()) {
      return lower == Double.NEGATIVE_INFINITY && all.upper[i] > 0 ? 0 : lower;
    }
    return isZeroBucket(all, i) && h.negative().count() == 0 && h.positive().count() > 0 ? 0 : lower;
  }

  /// Upper bound of bucket `i`: 0 for the zero bucket when nothing is positive.
  static double upper(Histogram h, HistogramBuckets all, int i) {
    return !h.isCustom() && isZeroBucket(all, i) && h.positive().count() == 0 && h.negative().count() > 0 ? 0 : all.upper[i];
  }

  private static boolean isZeroBucket(HistogramBuckets all, int i) {
    return all.lower[i] < 0 && all.upper[i] > 0;
  }

  /// Variance as far as buckets tell it: every observation counts as the middle of its bucket.
  public static double variance(Histogram h) {
    double mean = h.sum() / h.count();
    HistogramBuckets all = HistogramBuckets.of(h);
    double total = 0;
    double lost = 0;
    for (int i = 0; i < all.count; i++) {
      double delta = middle(h, all.lower[i], all.upper[i]) - mean;
      double square = all.counts[i] * delta * delta;
      double after = total + square;
      lost = Sums.compensate(total, square, after, lost);
      total = after;
    }
    return (total + lost) / h.count();
  }

  private static double middle(Histogram h, double lower, double upper) {
    if (h.isCustom()) {
      return (lower + upper) / 2;
    }
    if (lower <= 0 && upper >= 0) {
      return 0;
    }
    return Math.copySign(Math.sqrt(lower * upper), upper);
  }

  /// `h` times `factor`; a counter times something negative is a gauge.
  public static Histogram times(Histogram h, double factor) {
    return changed(h, factor, false);
  }

  /// `h` by `divisor`; by 0 no bucket is left.
  public static Histogram by(Histogram h, double divisor) {
    return changed(h, divisor, true);
  }

  private static Histogram changed(Histogram h, double factor, boolean divide) {
    boolean drop = divide && factor == 0;
    return new Histogram(h.schema(), change(h.count(), factor, divide), change(h.sum(), factor, divide), h.zeroThreshold(),
        change(h.zeroCount(), factor, divide), drop ? Histogram.Buckets.NONE : changed(h.positive(), factor, divide),
        drop ? Histogram.Buckets.NONE : changed(h.negative(), factor, divide), h.customBounds(),
        factor < 0 ? Histogram.Reset.GAUGE : h.reset());
  }

  private static double change(double value, double factor, boolean divide) {
    return divide ? value / factor : value * factor;
  }

  private static Histogram.Buckets changed(Histogram.Buckets side, double factor, boolean divide) {
    var indexes = new int[side.count()];
    var counts = new double[side.count()];
    int kept = 0;
    for (int i = 0; i < indexes.length; i++) {
      double count = change(side.counts()[i], factor, divide);
      if (count != 0) {
        indexes[kept] = side.indexes()[i];
        counts[kept++] = count;
      }
    }
    return kept == 0 ? Histogram.Buckets.NONE
        : new Histogram.Buckets(Arrays.copyOf(indexes, kept), Arrays.copyOf(counts, kept));
  }
}
