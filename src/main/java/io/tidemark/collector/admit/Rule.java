package io.tidemark.collector.admit;

import java.util.Locale;

/// The rules by which a sample can be refused.
public enum Rule {
  /// A line or message that cannot be read.
  SYNTAX,
  NAME_MISSING,
  LABEL_NAME_EMPTY,
  LABEL_DUPLICATE,
  LABELS_TOO_MANY,
  LABEL_NAME_TOO_LONG,
  LABEL_VALUE_TOO_LONG,
  NOT_UTF8,
  TIMESTAMP_TOO_NEW,
  TIMESTAMP_TOO_OLD,
  VALUE,
  /// A native histogram that contradicts itself.
  HISTOGRAM,
  /// A native histogram with too many buckets or custom bounds.
  HISTOGRAM_TOO_LARGE,
  /// A bound on the number of series was reached.
  SERIES_TOO_MANY,
  /// A new series beyond a budget of the section `cardinality`.
  SERIES_BUDGET;

  private final String label = name().toLowerCase(Locale.ROOT);

  /// The rule as messages and metrics name it, e.g. `label_duplicate`.
  public String label() {
    return label;
  }
}
