package io.tidemark.template;

/// Text that its author vouches for: HTML rendering does not escape it. Everywhere else it behaves as the text itself.
public record SafeText(String text) {
  @Override
  public String toString() {
    return text;
  }
}
