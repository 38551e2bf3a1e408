package io.tidemark.promql;

/// Where an expression stands in the query's text: characters `[start, end)`, 0-based.
public record Span(int start, int end) {
  public static final Span NONE = new Span(0, 0);

  /// From the start of this span to the end of `last`.
  public Span to(Span last) {
    return new Span(start, last.end);
  }
}
