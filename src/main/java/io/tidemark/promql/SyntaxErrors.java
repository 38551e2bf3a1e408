package io.tidemark.promql;

import io.tidemark.model.TidemarkException;
import io.tidemark.promql.grammar.PromQLParser;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.InputMismatchException;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.RuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;

/// Ends the parse at the first error, with the text that Prometheus has for it: `unexpected <what> in <where>, expected <what>`,
/// where the place is the innermost construct that Prometheus names.
final class SyntaxErrors extends DefaultErrorStrategy {
  private final Fault fault;

  SyntaxErrors(Fault fault) {
    this.fault = fault;
  }

  @Override
  public void recover(Parser parser, RecognitionException e) {
    throw error(parser, e.getOffendingToken());
  }

  @Override
  public Token recoverInline(Parser parser) {
    throw error(parser, new InputMismatchException(parser).getOffendingToken());
  }

  /// No attempt to resynchronise: the next match fails anyway, with a better notion of the place.
  @Override
  public void sync(Parser parser) {}

  @Override
  public void reportError(Parser parser, RecognitionException e) {}

  private TidemarkException error(Parser parser, Token token) {
    if (token.getType() == PromQLParser.ERROR) {
      return fault.at(token.getStartIndex(), token.getText());
    }
    if (token.getType() == Token.EOF && token.getTokenIndex() == 0) {
      return fault.at(0, "no expression found in input");
    }
    return fault.at(token.getStartIndex(), "unexpected " + TokenText.describe(token) + place(parser.getContext()));
  }

  private static String place(RuleContext innermost) {
    for (RuleContext at = innermost; at != null; at = at.parent) {
      String place = switch (at) {
        case PromQLParser.GroupingLabelsContext labels -> groupingLabels(labels);
        case PromQLParser.GroupingContext _ -> " in grouping opts, expected \"(\"";
        case PromQLParser.MatchersContext matchers -> matchers(matchers);
        case PromQLParser.BracketContext bracket -> bracket(bracket);
        case PromQLParser.OffsetContext _ -> " in offset, expected number, duration, step(), or range()";
        case PromQLParser.AtContext _ -> " in @, expected timestamp";
        case PromQLParser.AggregationContext _ -> " in aggregation";
        default -> "";
      };
      if (!place.isEmpty()) {
        return place;
      }
    }
    return "";
  }

  private static String groupingLabels(PromQLParser.GroupingLabelsContext context) {
    return " in grouping opts, expected " + switch (lastToken(context)) {
      case PromQLParser.LEFT_PAREN, PromQLParser.COMMA -> "label";
      case Token.INVALID_TYPE -> "\"(\"";
      default -> "\",\" or \")\"";
    };
  }

  private static String matchers(PromQLParser.MatchersContext context) {
    ParseTree last = context.getChildCount() == 0 ? context : context.getChild(context.getChildCount() - 1);
    String expected = "identifier or \"}\"";
    if (last instanceof PromQLParser.MatcherContext matcher && matcher.getChildCount() > 0) {
      // The parser sets `op` and `value` before it finds them to be something else, so the children count.
      boolean complete = matcher.getChildCount() == 3 || matcher.getChildCount() == 1 && matcher.quoted != null;
      expected = complete ? "\",\" or \"}\"" : matcher.getChildCount() == 2 ? "string" : "label matching operator";
    }
    return " in label matching, expected " + expected;
  }

  private static String bracket(PromQLParser.BracketContext context) {
    if (context.COLON() != null) {
      return " in subquery selector, expected "
          + (context.step == null ? "number, duration, step(), range(), or \"]\"" : "\"]\"");
    }
    return context.range == null ? " in subquery or range selector, expected number, duration, step(), or range()"
        : " in subquery or range, expected \":\" or \"]\"";
  }

  /// The type of the last token that stands directly in `context`, or of the last token of its last rule.
  private static int lastToken(ParserRuleContext context) {
    if (context.getChildCount() == 0) {
      return Token.INVALID_TYPE;
    }
    return switch (context.getChild(context.getChildCount() - 1)) {
      case TerminalNode token -> token.getSymbol().getType();
      case ParserRuleContext rule -> rule.getChildCount() == 0 ? PromQLParser.COMMA : PromQLParser.IDENTIFIER;
      default -> Token.INVALID_TYPE;
    };
  }
}
