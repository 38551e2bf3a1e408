package io.tidemark.promql;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// PromQL's functions with their signatures. The evaluator switches over this list without a `default`.
///
/// Source: https://prometheus.io/docs/prometheus/latest/querying/functions/.
public enum Function {
  ABS(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  ABSENT(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  ABSENT_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  ACOS(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  ACOSH(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  ASIN(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  ASINH(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  ATAN(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  ATANH(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  AVG_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  CEIL(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  CHANGES(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  CLAMP(ValueType.VECTOR, 3, false, false, ValueType.VECTOR, ValueType.SCALAR, ValueType.SCALAR),
  CLAMP_MAX(ValueType.VECTOR, 2, false, false, ValueType.VECTOR, ValueType.SCALAR),
  CLAMP_MIN(ValueType.VECTOR, 2, false, false, ValueType.VECTOR, ValueType.SCALAR),
  COS(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  COSH(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  COUNT_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  DAY_OF_MONTH(ValueType.VECTOR, 0, false, false, ValueType.VECTOR),
  DAY_OF_WEEK(ValueType.VECTOR, 0, false, false, ValueType.VECTOR),
  DAY_OF_YEAR(ValueType.VECTOR, 0, false, false, ValueType.VECTOR),
  DAYS_IN_MONTH(ValueType.VECTOR, 0, false, false, ValueType.VECTOR),
  DEG(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  DELTA(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  DERIV(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  DOUBLE_EXPONENTIAL_SMOOTHING(ValueType.VECTOR, 3, false, true, ValueType.MATRIX, ValueType.SCALAR, ValueType.SCALAR),
  END(ValueType.SCALAR, 0, false, true),
  EXP(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  FIRST_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  FLOOR(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  HISTOGRAM_AVG(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  HISTOGRAM_COUNT(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  HISTOGRAM_FRACTION(ValueType.VECTOR, 3, false, false, ValueType.SCALAR, ValueType.SCALAR, ValueType.VECTOR),
  HISTOGRAM_QUANTILE(ValueType.VECTOR, 2, false, false, ValueType.SCALAR, ValueType.VECTOR),
  HISTOGRAM_QUANTILES(ValueType.VECTOR, 3, true, true, ValueType.VECTOR, ValueType.STRING, ValueType.SCALAR, ValueType.SCALAR),
  HISTOGRAM_STDDEV(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  HISTOGRAM_STDVAR(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  HISTOGRAM_SUM(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  HOUR(ValueType.VECTOR, 0, false, false, ValueType.VECTOR),
  IDELTA(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  INCREASE(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  INFO(ValueType.VECTOR, 1, false, true, ValueType.VECTOR, ValueType.VECTOR),
  IRATE(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  LABEL_JOIN(ValueType.VECTOR, 3, true, false, ValueType.VECTOR, ValueType.STRING, ValueType.STRING, ValueType.STRING),
  LABEL_REPLACE(ValueType.VECTOR, 5, false, false, ValueType.VECTOR,
      ValueType.STRING, ValueType.STRING, ValueType.STRING, ValueType.STRING),
  LAST_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  LN(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  LOG10(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  LOG2(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  MAD_OVER_TIME(ValueType.VECTOR, 1, false, true, ValueType.MATRIX),
  MAX_OF(ValueType.SCALAR, 2, false, true, ValueType.SCALAR, ValueType.SCALAR),
  MAX_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  MIN_OF(ValueType.SCALAR, 2, false, true, ValueType.SCALAR, ValueType.SCALAR),
  MIN_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  MINUTE(ValueType.VECTOR, 0, false, false, ValueType.VECTOR),
  MONTH(ValueType.VECTOR, 0, false, false, ValueType.VECTOR),
  PI(ValueType.SCALAR, 0, false, false),
  PREDICT_LINEAR(ValueType.VECTOR, 2, false, false, ValueType.MATRIX, ValueType.SCALAR),
  PRESENT_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  QUANTILE_OVER_TIME(ValueType.VECTOR, 2, false, false, ValueType.SCALAR, ValueType.MATRIX),
  RAD(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  RANGE(ValueType.SCALAR, 0, false, true),
  RATE(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  RESETS(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  ROUND(ValueType.VECTOR, 1, false, false, ValueType.VECTOR, ValueType.SCALAR),
  SCALAR(ValueType.SCALAR, 1, false, false, ValueType.VECTOR),
  SGN(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  SIN(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  SINH(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  SORT(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  SORT_BY_LABEL(ValueType.VECTOR, 1, true, true, ValueType.VECTOR, ValueType.STRING, ValueType.STRING),
  SORT_BY_LABEL_DESC(ValueType.VECTOR, 1, true, true, ValueType.VECTOR, ValueType.STRING, ValueType.STRING),
  SORT_DESC(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  SQRT(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  START(ValueType.SCALAR, 0, false, true),
  START_TIMESTAMP(ValueType.VECTOR, 1, false, true, ValueType.VECTOR),
  STDDEV_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  STDVAR_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  STEP(ValueType.SCALAR, 0, false, true),
  SUM_OVER_TIME(ValueType.VECTOR, 1, false, false, ValueType.MATRIX),
  TAN(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  TANH(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  TIME(ValueType.SCALAR, 0, false, false),
  TIMESTAMP(ValueType.VECTOR, 1, false, false, ValueType.VECTOR),
  TS_OF_FIRST_OVER_TIME(ValueType.VECTOR, 1, false, true, ValueType.MATRIX),
  TS_OF_LAST_OVER_TIME(ValueType.VECTOR, 1, false, true, ValueType.MATRIX),
  TS_OF_MAX_OVER_TIME(ValueType.VECTOR, 1, false, true, ValueType.MATRIX),
  TS_OF_MIN_OVER_TIME(ValueType.VECTOR, 1, false, true, ValueType.MATRIX),
  VECTOR(ValueType.VECTOR, 1, false, false, ValueType.SCALAR),
  YEAR(ValueType.VECTOR, 0, false, false, ValueType.VECTOR);

  private static final Map<String, Function> BY_NAME = new HashMap<>();

  static {
    for (Function function : values()) {
      BY_NAME.put(function.text(), function);
    }
  }

  private final ValueType returns;
  private final int argumentsMin;
  private final boolean repeatsLast;
  private final boolean experimental;
  private final List<ValueType> arguments;

  Function(ValueType returns, int argumentsMin, boolean repeatsLast, boolean experimental, ValueType... arguments) {
    this.returns = returns;
    this.argumentsMin = argumentsMin;
    this.repeatsLast = repeatsLast;
    this.experimental = experimental;
    this.arguments = List.of(arguments);
  }

  /// The function called `name`.
  public static Optional<Function> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public ValueType returns() {
    return returns;
  }

  /// How many arguments must be given.
  public int argumentsMin() {
    return argumentsMin;
  }

  /// Types of the arguments in order; the last may be repeated if {@link #repeatsLast}.
  public List<ValueType> arguments() {
    return arguments;
  }

  public boolean repeatsLast() {
    return repeatsLast;
  }

  /// Whether Prometheus puts it behind `--enable-feature=promql-experimental-functions`.
  public boolean isExperimental() {
    return experimental;
  }
}
