package io.tidemark.model;

import java.util.Arrays;

/// A native histogram as one sample: counts of observations in buckets whose bounds grow exponentially, or in buckets of given bounds.
/// Immutable; the arrays belong to it and are never written again.
///
/// Counts are absolute and may be fractions; a histogram of integers is one whose counts are whole. With schema `s` from -4 to 8 bucket
/// `i` of the positive side covers `(2^((i-1)·2^-s), 2^(i·2^-s)]`, the negative side is its mirror, and the zero bucket covers
/// `[-zeroThreshold, zeroThreshold]`. With {@link #CUSTOM_SCHEMA} bucket `i` from 0 on covers `(bounds[i-1], bounds[i]]`, -Inf and +Inf at
/// the ends. Source: Prometheus native histograms specification, https://prometheus.io/docs/specs/native_histograms/.
///
/// @param schema        resolution, or {@link #CUSTOM_SCHEMA}
/// @param reset         what the sender knows of the sample before
/// @param customBounds  ascending and finite for {@link #CUSTOM_SCHEMA}, else empty
public record Histogram(int schema, double count, double sum, double zeroThreshold, double zeroCount, Buckets positive, Buckets negative,
    double[] customBounds, Reset reset) {
  public static final int SCHEMA_MIN = -4;
  public static final int SCHEMA_MAX = 8;
  public static final int CUSTOM_SCHEMA = -53;

  /// Whether a counter histogram began anew between the sample before and this one.
  public enum Reset { UNKNOWN, YES, NO, GAUGE }

  /// One side's buckets that are told of; all others are empty.
  ///
  /// @param indexes ascending
  /// @param counts  one for each index; 0 is allowed
  public record Buckets(int[] indexes, double[] counts) {
    public static final Buckets NONE = new Buckets(new int[0], new double[0]);

    public int count() {
      return indexes.length;
    }

    /// Bit for bit, as `Double.equals` compares.
    @Override
    public boolean equals(Object other) {
      return other instanceof Buckets that && Arrays.equals(indexes, that.indexes) && Arrays.equals(counts, that.counts);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(indexes) + Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
      return Arrays.toString(indexes) + Arrays.toString(counts);
    }
  }

  public boolean isCustom() {
    return schema == CUSTOM_SCHEMA;
  }

  /// The same observations with another word about the sample before.
  public Histogram with(Reset other) {
    return other == reset ? this : new Histogram(schema, count, sum, zeroThreshold, zeroCount, positive, negative, customBounds, other);
  }

  /// What is wrong with a histogram that came from outside, with expected and found; throws `BAD_DATA`.
  public void check() {
    if (!isCustom() && (schema < SCHEMA_MIN || schema > SCHEMA_MAX)) {
      throw bad("expected a schema from " + SCHEMA_MIN + " to " + SCHEMA_MAX + " or " + CUSTOM_SCHEMA + ", found " + schema);
    }
    if (isCustom()) {
      checkCustom();
    } else if (customBounds.length > 0) {
      throw bad("expected no custom bounds with schema " + schema + ", found " + customBounds.length);
    }
    if (!(zeroThreshold >= 0)) {
      throw bad("expected a zero threshold of 0 or more, found " + zeroThreshold);
    }
    if (!(zeroCount >= 0) || !(count >= 0)) {
      throw bad("expected counts of 0 or more, found count " + count + " and zero count " + zeroCount);
    }
    check("positive", positive);
    check("negative", negative);
  }

  private void checkCustom() {
    for (int i = 0; i < customBounds.length; i++) {
      if (!Double.isFinite(customBounds[i]) || i > 0 && customBounds[i] <= customBounds[i - 1]) {
        throw bad("expected finite ascending custom bounds, found " + customBounds[i] + " at place " + i);
      }
    }
    if (negative.count() > 0 || zeroCount != 0 || zeroThreshold != 0) {
      throw bad("expected neither negative nor zero buckets beside custom bounds");
    }
    if (positive.count() > 0 && (positive.indexes[0] < 0 || positive.indexes[positive.count() - 1] > customBounds.length)) {
      throw bad("expected buckets 0 to " + customBounds.length + " for " + customBounds.length + " custom bounds, found "
          + positive.indexes[0] + " to " + positive.indexes[positive.count() - 1]);
    }
  }

  private static void check(String side, Buckets buckets) {
    for (int i = 0; i < buckets.count(); i++) {
      if (!(buckets.counts[i] >= 0)) {
        throw bad("expected bucket counts of 0 or more, found " + buckets.counts[i] + " in " + side + " bucket " + buckets.indexes[i]);
      }
      if (i > 0 && buckets.indexes[i] <= buckets.indexes[i - 1]) {
        throw bad("expected ascending " + side + " buckets, found " + buckets.indexes[i] + " after " + buckets.indexes[i - 1]);
      }
    }
  }

  private static TidemarkException bad(String text) {
    return new TidemarkException(ErrorCode.BAD_DATA, "histogram: " + text);
  }

  /// Bit for bit, the word about the sample before included.
  @Override
  public boolean equals(Object other) {
    return other instanceof Histogram that && schema == that.schema && reset == that.reset && same(count, that.count) && same(sum, that.sum)
        && same(zeroThreshold, that.zeroThreshold) && same(zeroCount, that.zeroCount) && positive.equals(that.positive)
        && negative.equals(that.negative) && Arrays.equals(customBounds, that.customBounds);
  }

  private static boolean same(double a, double b) {
    return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * schema + Double.hashCode(count)) + positive.hashCode();
  }
}
