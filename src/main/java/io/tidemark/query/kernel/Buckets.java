package io.tidemark.query.kernel;

/// Quantiles and fractions of classic histograms: cumulative counts under ascending upper bounds, the last one `+Inf`.
///
/// Source of the rules: Prometheus `promql/quantile.go`, `BucketQuantile`, re-stated.
public final class Buckets {
  /// Relative decrease between neighbours that is rounding, not data.
  private static final double SMALL_DELTA = 1e-12;

  private Buckets() {}

  /// Makes counts grow from bucket to bucket, in place.
  ///
  /// @param worst takes the lowest and the highest bound whose count fell by more than rounding explains, and the largest fall
  /// @return whether there was such a fall
  public static boolean makeMonotonic(double[] bounds, double[] counts, int n, double[] worst) {
    boolean fell = false;
    double before = n == 0 ? 0 : counts[0];
    for (int i = 1; i < n; i++) {
      double count = counts[i];
      if (count == before) {
        continue;
      }
      if (Math.abs(count - before) <= SMALL_DELTA * Math.min(Math.abs(count) + Math.abs(before), Double.MAX_VALUE)) {
        counts[i] = before;
        continue;
      }
      if (count < before) {
        counts[i] = before;
        worst[0] = fell ? worst[0] : bounds[i];
        worst[1] = bounds[i];
        worst[2] = fell ? Math.max(worst[2], before - count) : before - count;
        fell = true;
      }
      before = counts[i];
    }
    return fell;
  }

  /// The `q`-quantile; NaN without a `+Inf` bucket, with fewer than two buckets or without observations.
  public static double quantile(double q, double[] bounds, double[] counts, int n) {
    if (Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    if (n < 2 || bounds[n - 1] != Double.POSITIVE_INFINITY) {
      return Double.NaN;
    }
    double observations = counts[n - 1];
    if (observations == 0 || Double.isNaN(observations)) {
      return Double.NaN;
    }
    double rank = q * observations;
    int bucket = 0;
    while (bucket < n - 1 && !(counts[bucket] >= rank)) {
      bucket++;
    }
    if (bucket == n - 1) {
      return bounds[n - 2];
    }
    if (bucket == 0 && bounds[0] <= 0) {
      return bounds[0];
    }
    double start = bucket == 0 ? 0 : bounds[bucket - 1];
    double count = bucket == 0 ? counts[0] : counts[bucket] - counts[bucket - 1];
    double within = bucket == 0 ? rank : rank - counts[bucket - 1];
    return start + (bounds[bucket] - start) * (within / count);
  }

  /// The share of observations between `lower` and `upper`.
  public static double fraction(double[] bounds, double[] counts, int n, double lower, double upper) {
    if (n == 0 || bounds[n - 1] != Double.POSITIVE_INFINITY) {
      return Double.NaN;
    }
    double observations = counts[n - 1];
    if (observations == 0 || Double.isNaN(observations) || Double.isNaN(lower) || Double.isNaN(upper)) {
      return Double.NaN;
    }
    if (lower >= upper) {
      return 0;
    }
    return (rank(bounds, counts, n, upper) - rank(bounds, counts, n, lower)) / observations;
  }

  /// How many observations lie below `value`, interpolated within its bucket.
  private static double rank(double[] bounds, double[] counts, int n, double value) {
    if (value == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    for (int i = 0; i < n; i++) {
      double start = i > 0 ? bounds[i - 1] : bounds[0] > 0 ? 0 : Double.NEGATIVE_INFINITY;
      double below = i > 0 ? counts[i - 1] : 0;
      if (value <= start) {
        return below;
      }
      if (value < bounds[i]) {
        if (Double.isInfinite(start) || Double.isInfinite(bounds[i])) {
          return Double.isInfinite(start) ? counts[i] : below;
        }
        return below + (counts[i] - below) * ((value - start) / (bounds[i] - start));
      }
    }
    return counts[n - 1];
  }
}
