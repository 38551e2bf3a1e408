package io.tidemark.promql;

import io.tidemark.promql.grammar.PromQLParser;
import org.antlr.v4.runtime.Token;

/// Names tokens as Prometheus' messages do.
final class TokenText {
  private static final int EXCERPT_CHARS = 10;

  private TokenText() {}

  /// For example `identifier "foo"`, `<by>`, `<op:+>`, `<aggr:sum>`, `"("` or `end of input`.
  static String describe(Token token) {
    int type = token.getType();
    String text = token.getText();
    return switch (type) {
      case Token.EOF -> "end of input";
      case PromQLParser.IDENTIFIER -> "identifier " + Fault.quoted(text);
      case PromQLParser.METRIC_IDENTIFIER -> "metric identifier " + Fault.quoted(text);
      case PromQLParser.STRING -> "string " + excerpt(text);
      case PromQLParser.NUMBER -> "number " + excerpt(text);
      case PromQLParser.DURATION -> "duration " + excerpt(text);
      default -> {
        if (type >= PromQLParser.ADD && type <= PromQLParser.AT) {
          yield "<op:" + text + ">";
        }
        if (type >= PromQLParser.SUM && type <= PromQLParser.LIMIT_RATIO) {
          yield "<aggr:" + text + ">";
        }
        yield type >= PromQLParser.OFFSET && type <= PromQLParser.BOOL ? "<" + text + ">" : excerpt(text);
      }
    };
  }

  private static String excerpt(String text) {
    return text.length() <= EXCERPT_CHARS ? Fault.quoted(text) : Fault.quoted(text.substring(0, EXCERPT_CHARS)) + "...";
  }
}
