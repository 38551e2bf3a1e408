package io.tidemark.promql;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.grammar.PromQLParser;
import java.util.List;
import java.util.TreeMap;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ListTokenSource;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;

/// The front door: text to typed tree. Stateless; any thread.
///
/// Every error is a {@link TidemarkException} with {@link ErrorCode#BAD_DATA} and a text in Prometheus' form,
/// `1:5: parse error: unexpected end of input`.
///
/// Parsing goes in two stages: the fast prediction first, which fails on a few correct texts, then the full one, whose verdict counts.
/// Length and depth are bounded before anything recurses, so no text overflows a stack.
public final class PromQL {
  /// Longest text accepted, in characters.
  public static final int TEXT_CHARS_MAX = 256 * 1024;
  /// Deepest tree accepted. An evaluator needs about 2 KB of stack a level before it is compiled; half of a thread's 1 MB must do.
  public static final int DEPTH_MAX = 300;
  private static final String WARM_UP =
      "sum by (a) (rate(b{c=\"d\"}[5m] offset 1m)) / on (a) group_left (e) -f > bool 1 or max_over_time(g[1h:5m] @ 1)";

  /// A start rule of the grammar.
  private interface Rule<T extends ParserRuleContext> {
    T parse(PromQLParser parser);
  }

  private PromQL() {}

  /// Parses and type-checks an expression.
  public static Expr parse(String text, Features features) {
    var fault = new Fault(text);
    return new TreeBuilder(fault, features).build(tree(text, fault, PromQLParser::expression).expr());
  }

  /// Parses the selector of a `match[]` parameter; at least one of its matchers must refuse the empty string.
  public static List<Matcher> parseSelector(String text) {
    var fault = new Fault(text);
    PromQLParser.SelectorContext tree = tree(text, fault, PromQLParser::selector);
    List<Matcher> matchers = new TreeBuilder(fault, Features.STANDARD).selector(tree.vectorSelector(), true).matchers();
    if (matchers.stream().allMatch(TypeCheck::matchesEmpty)) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "match[] must contain at least one non-empty matcher");
    }
    return matchers;
  }

  /// Parses a series' labels as tests and tools write them: `name{a="b"}`, `{"a.b", c="d"}`, `{}`.
  public static LabelSet parseLabels(String text) {
    var fault = new Fault(text);
    PromQLParser.SelectorContext tree = tree(text, fault, PromQLParser::selector);
    var labels = new TreeMap<String, String>();
    for (Matcher matcher : new TreeBuilder(fault, Features.STANDARD).selector(tree.vectorSelector(), true).matchers()) {
      if (matcher.op() != Matcher.Op.EQUAL || labels.put(matcher.name(), matcher.value()) != null) {
        throw fault.at(0, "labels of a series are each given once and with \"=\", got " + matcher);
      }
    }
    return LabelSet.of(labels);
  }

  /// Parses a typical text so that the first real query need not pay for class loading and the first prediction tables.
  public static void warmUp() {
    parse(WARM_UP, Features.STANDARD);
  }

  private static <T extends ParserRuleContext> T tree(String text, Fault fault, Rule<T> rule) {
    if (text.length() > TEXT_CHARS_MAX) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "parse error: expression has " + text.length() + " characters; at most "
          + TEXT_CHARS_MAX + " are allowed");
    }
    List<Token> tokens = Scanner.scan(text);
    try {
      return run(tokens, fault, rule, PredictionMode.SLL);
    } catch (TidemarkException e) {
      return run(tokens, fault, rule, PredictionMode.LL);
    }
  }

  private static <T extends ParserRuleContext> T run(List<Token> tokens, Fault fault, Rule<T> rule, PredictionMode mode) {
    var parser = new PromQLParser(new CommonTokenStream(new ListTokenSource(tokens)));
    parser.removeErrorListeners();
    parser.setErrorHandler(new SyntaxErrors(fault));
    parser.addParseListener(new DepthLimit(fault));
    parser.getInterpreter().setPredictionMode(mode);
    return rule.parse(parser);
  }
}
