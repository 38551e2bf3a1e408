package io.tidemark.model;

/// One test on one label of a selector, e.g. `job=~"api.*"`. Pure data: houses that run it compile `value` themselves.
///
/// @param name  the label's name
/// @param op    how `value` is compared
/// @param value the text, or for the regex kinds an RE2 pattern that must match the whole label value
public record Matcher(String name, Op op, String value) {
  /// The four kinds, with their PromQL spelling.
  public enum Op {
    EQUAL("="), NOT_EQUAL("!="), MATCH("=~"), NOT_MATCH("!~");

    private final String text;

    Op(String text) {
      this.text = text;
    }

    /// The operator as written in PromQL.
    public String text() {
      return text;
    }

    public boolean isRegex() {
      return this == MATCH || this == NOT_MATCH;
    }

    public boolean isNegative() {
      return this == NOT_EQUAL || this == NOT_MATCH;
    }
  }

  public static Matcher equal(String name, String value) {
    return new Matcher(name, Op.EQUAL, value);
  }

  @Override
  public String toString() {
    var out = new StringBuilder();
    if (LabelSet.isPlainName(name, false)) {
      out.append(name);
    } else {
      LabelSet.quote(out, name);
    }
    out.append(op.text());
    LabelSet.quote(out, value);
    return out.toString();
  }
}
