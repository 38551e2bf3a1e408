package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import java.util.Arrays;

/// The trim operators: `h </ x` keeps the observations below `x`, `h >/ x` those above.
///
/// A bucket that `x` cuts keeps its share. Count and sum are made anew from what is left, each observation counting as the middle of
/// what is left of its bucket; a histogram that loses nothing stays as it is.
final class HistogramTrim {
  private final Histogram from;
  private final double cut;
  private final boolean keepLower;
  private double count;
  private double sum;
  private boolean changed;

  private HistogramTrim(Histogram from, double cut, boolean keepLower) {
    this.from = from;
    this.cut = cut;
    this.keepLower = keepLower;
  }

  static Histogram trim(Histogram h, double cut, boolean keepLower) {
    return new HistogramTrim(h, cut, keepLower).trimmed();
  }

  private Histogram trimmed() {
    Histogram.Buckets negative = side(from.negative(), true);
    Histogram.Buckets positive = side(from.positive(), false);
    double zero = zero();
    return changed ? new Histogram(from.schema(), count, sum, from.zeroThreshold(), zero, positive, negative, from.customBounds(),
        from.reset()) : from;
  }

  private double zero() {
    boolean anyNegative = from.negative().count() > 0;
    boolean anyPositive = from.positive().count() > 0;
    double lower = !anyNegative && anyPositive ? 0 : -from.zeroThreshold();
    double upper = !anyPositive && anyNegative ? 0 : from.zeroThreshold();
    return kept(from.zeroCount(), lower, upper);
  }

  private Histogram.Buckets side(Histogram.Buckets side, boolean mirrored) {
    var indexes = new int[side.count()];
    var counts = new double[side.count()];
    int n = 0;
    for (int i = 0; i < indexes.length; i++) {
      int index = side.indexes()[i];
      double near = HistogramBuckets.bound(from, index - 1);
      double far = HistogramBuckets.bound(from, index);
      double left = kept(side.counts()[i], mirrored ? -far : near, mirrored ? -near : far);
      if (left != 0) {
        indexes[n] = index;
        counts[n++] = left;
      }
    }
    return n == 0 ? Histogram.Buckets.NONE : new Histogram.Buckets(Arrays.copyOf(indexes, n), Arrays.copyOf(counts, n));
  }

  /// What a bucket keeps; added to count and sum.
  private double kept(double all, double lower, double upper) {
    if (all == 0) {
      return 0;
    }
    boolean fromZero = lower == Double.NEGATIVE_INFINITY && upper > 0 && upper < Double.POSITIVE_INFINITY && cut >= 0;
    double low = fromZero ? 0 : lower;
    double share;
    if (keepLower) {
      share = upper <= cut ? 1 : belowCut(low, upper);
    } else {
      share = low >= cut ? 1 : 1 - belowCut(low, upper);
    }
    double left = share == 1 ? all : all * share;
    changed |= left != all;
    count += left;
    if (left != 0) {
      sum += left * middle(lower, keepLower ? low : Math.max(low, cut), keepLower ? Math.min(upper, cut) : upper,
          HistogramValues.isLinear(from, lower, upper));
    }
    return left;
  }

  /// The share of a bucket below the cut, which is above its lower bound or below its upper one.
  private double belowCut(double lower, double upper) {
    if (cut == Double.NEGATIVE_INFINITY || cut == Double.POSITIVE_INFINITY) {
      return cut > 0 ? 1 : 0;
    }
    // An open bucket does not tell where its observations are: what may lie beyond the cut goes, all of it.
    if (lower == Double.NEGATIVE_INFINITY) {
      return keepLower && upper > 0 ? 0 : 1;
    }
    if (upper == Double.POSITIVE_INFINITY) {
      return 0;
    }
    if (cut <= lower || cut >= upper) {
      return cut <= lower ? 0 : 1;
    }
    return HistogramValues.shareBelow(cut, lower, upper, HistogramValues.isLinear(from, lower, upper));
  }

  /// Where the observations between `low` and `high`, what is left of a bucket from `lower` on, are thought to lie.
  private double middle(double lower, double low, double high, boolean linear) {
    if (!linear) {
      return Math.copySign(Math.sqrt(low * high), high);
    }
    if (high == Double.POSITIVE_INFINITY) {
      return low == Double.NEGATIVE_INFINITY ? 0 : low;
    }
    if (lower == Double.NEGATIVE_INFINITY) {
      return high > 0 ? (Math.max(low, 0) + high) / 2 : high;
    }
    return (low + high) / 2;
  }
}
