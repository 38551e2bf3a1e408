package io.tidemark.promql;

import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/// Where tokens and rules stand in the text.
final class Spans {
  private Spans() {}

  static Span of(Token token) {
    return new Span(token.getStartIndex(), token.getStopIndex() + 1);
  }

  static Span of(ParserRuleContext context) {
    return new Span(context.getStart().getStartIndex(), context.getStop().getStopIndex() + 1);
  }
}
