package io.tidemark.template;

/// Go's `nil`: the value of a missing key, printed as `<no value>`.
public enum Nil {
  NIL;

  @Override
  public String toString() {
    return "<no value>";
  }
}
