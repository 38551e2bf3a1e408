package io.tidemark.promql;

/// What an expression yields, with the names that Prometheus' messages use.
public enum ValueType {
  SCALAR("scalar"), STRING("string"), VECTOR("instant vector"), MATRIX("range vector");

  private final String text;

  ValueType(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
