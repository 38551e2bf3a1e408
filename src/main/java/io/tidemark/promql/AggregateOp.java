package io.tidemark.promql;

import java.util.Locale;

/// The aggregation operators.
public enum AggregateOp {
  SUM, AVG, COUNT, MIN, MAX, GROUP, STDDEV, STDVAR, TOPK, BOTTOMK, COUNT_VALUES, QUANTILE, LIMITK, LIMIT_RATIO;

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Whether a parameter comes before the expression: a number, or for `count_values` a string.
  public boolean hasParameter() {
    return switch (this) {
      case TOPK, BOTTOMK, COUNT_VALUES, QUANTILE, LIMITK, LIMIT_RATIO -> true;
      case SUM, AVG, COUNT, MIN, MAX, GROUP, STDDEV, STDVAR -> false;
    };
  }

  public boolean isExperimental() {
    return this == LIMITK || this == LIMIT_RATIO;
  }
}
