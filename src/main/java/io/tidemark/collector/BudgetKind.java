package io.tidemark.collector;

import java.util.Locale;

/// What a budget is for.
public enum BudgetKind {
  /// All series of this process.
  NODE,
  /// The series of one service.
  SERVICE,
  /// The series of one metric of one service.
  METRIC,
  /// The values of one label of one metric of one service.
  LABEL;

  private final String label = name().toLowerCase(Locale.ROOT);

  /// As messages and metrics name it, e.g. `service`.
  public String label() {
    return label;
  }
}
