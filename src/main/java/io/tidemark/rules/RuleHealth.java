package io.tidemark.rules;

/// How a rule's last evaluation ended.
public enum RuleHealth {
  UNKNOWN("unknown"), OK("ok"), ERROR("err");

  private final String text;

  RuleHealth(String text) {
    this.text = text;
  }

  /// As Prometheus' API spells it.
  public String text() {
    return text;
  }
}
