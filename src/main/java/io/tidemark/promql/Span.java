package io.tidemark.promql;

import java.nio.charset.StandardCharsets;

/// Where an expression stands in the query's text: characters `[start, end)`, 0-based.
public record Span(int start, int end) {
  public static final Span NONE = new Span(0, 0);

  /// Where it starts in `text`, as Prometheus tells it: `line:column`, both from 1, the column in UTF-8 bytes.
  public String position(String text) {
    if (text.isEmpty()) {
      return "unknown position";
    }
    int at = Math.min(start, text.length());
    int lineStart = text.lastIndexOf('\n', at - 1) + 1;
    long line = text.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
    return line + ":" + (text.substring(lineStart, at).getBytes(StandardCharsets.UTF_8).length + 1);
  }

  /// From the start of this span to the end of `last`.
  public Span to(Span last) {
    return new Span(start, last.end);
  }
}
