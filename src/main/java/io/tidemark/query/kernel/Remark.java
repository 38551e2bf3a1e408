package io.tidemark.query.kernel;

import java.util.Set;

/// What a kernel noticed about samples that it was given; the evaluator turns it into an annotation.
public enum Remark {
  /// Numbers and histograms in one window, or on both sides of a smoothed one.
  MIXED_SAMPLES,
  /// Numbers and histograms in one aggregation group.
  MIXED_IN_AGGREGATION,
  /// Exponential and custom buckets together.
  MIXED_SCHEMAS,
  /// Histograms in a window whose function only looks at its numbers.
  IGNORED_IN_RANGE,
  /// A gauge histogram where a counter is asked for.
  NOT_COUNTER,
  /// A counter histogram where a gauge is asked for.
  NOT_GAUGE,
  RECONCILED_IN_ADDITION,
  RECONCILED_IN_SUBTRACTION,
  RECONCILED_IN_AGGREGATION,
  COLLIDED_IN_AGGREGATION,
  /// A counter said to have begun before the sample in front of it.
  STARTS_OVERLAP;

  static void ofSum(HistogramSum sum, Set<Remark> remarks) {
    if (sum.sawBothResets()) {
      remarks.add(COLLIDED_IN_AGGREGATION);
    }
    if (sum.reconciled()) {
      remarks.add(RECONCILED_IN_AGGREGATION);
    }
  }
}
