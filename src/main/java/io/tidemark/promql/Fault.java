package io.tidemark.promql;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;

/// Makes the errors of one text in Prometheus' form, `line:column: parse error: what`.
final class Fault {
  private final String text;

  Fault(String text) {
    this.text = text;
  }

  TidemarkException at(Span span, String what) {
    return new TidemarkException(ErrorCode.BAD_DATA, span.position(text) + ": parse error: " + what);
  }

  TidemarkException at(int offset, String what) {
    return at(new Span(offset, offset), what);
  }

  /// `what` in double quotes with Go's escapes.
  static String quoted(String what) {
    var out = new StringBuilder();
    LabelSet.quote(out, what);
    return out.toString();
  }
}
