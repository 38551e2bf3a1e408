package io.tidemark.rules;

import java.util.Locale;

/// Where an alert is in its life; later constants weigh more. A resolved alert is inactive.
public enum AlertState {
  INACTIVE, PENDING, FIRING;

  /// As Prometheus' API spells it.
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
