package io.tidemark.config;

/// A text that no log, error or endpoint shows. `toString` gives `<secret>`; only `reveal` gives the text.
public final class Secret {
  public static final Secret NONE = new Secret("");
  private final String text;

  public Secret(String text) {
    this.text = text;
  }

  /// The text itself, for the one place that sends it.
  public String reveal() {
    return text;
  }

  public boolean isEmpty() {
    return text.isEmpty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text.isEmpty() ? "" : "<secret>";
  }
}
