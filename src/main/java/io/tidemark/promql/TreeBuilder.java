package io.tidemark.promql;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr.At;
import io.tidemark.promql.Expr.Extension;
import io.tidemark.promql.Expr.MatrixSelector;
import io.tidemark.promql.Expr.NumberLiteral;
import io.tidemark.promql.Expr.Subquery;
import io.tidemark.promql.Expr.TimeShift;
import io.tidemark.promql.Expr.VectorSelector;
import io.tidemark.promql.VectorMatching.Cardinality;
import io.tidemark.promql.grammar.PromQLParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/// Parse tree → {@link Expr}, children first, each node checked as it is made.
final class TreeBuilder {
  private final Fault fault;
  private final Features features;
  private final TypeCheck check;
  private final DurationBuilder durations;

  TreeBuilder(Fault fault, Features features) {
    this.fault = fault;
    this.features = features;
    this.check = new TypeCheck(fault, features);
    this.durations = new DurationBuilder(fault, features);
  }

  Expr build(PromQLParser.ExprContext context) {
    return switch (context) {
      case PromQLParser.SuffixedContext suffixed -> suffixed(suffixed, false);
      case PromQLParser.UnaryContext unary -> unary(unary);
      case PromQLParser.BinaryContext binary -> binary(binary);
      default -> throw new IllegalStateException("rule expr has no alternative " + context.getClass());
    };
  }

  private Expr unary(PromQLParser.UnaryContext context) {
    Expr operand = build(context.expr());
    boolean negate = context.op.getType() == PromQLParser.SUB;
    Span span = Spans.of(context);
    if (operand instanceof NumberLiteral number) {
      return new NumberLiteral(negate ? -number.value() : number.value(), number.duration(), span);
    }
    check.unary(operand, span);
    return new Expr.Unary(negate, operand, span);
  }

  private Expr binary(PromQLParser.BinaryContext context) {
    Expr left = build(context.expr(0));
    Expr right = build(context.expr(1));
    BinaryOp op = Operators.binary(context.op.getType());
    boolean returnBool = context.modifiers().BOOL() != null;
    VectorMatching written = matching(context.modifiers(), left.span().to(right.span()));
    Optional<VectorMatching> matching = check.binary(op, left, right, written, returnBool, Spans.of(context.op));
    return new Expr.Binary(op, left, right, matching, returnBool, Spans.of(context));
  }

  private VectorMatching matching(PromQLParser.ModifiersContext context, Span span) {
    Cardinality cardinality = Cardinality.ONE_TO_ONE;
    List<String> include = List.of();
    PromQLParser.GroupContext group = context.group();
    if (group != null) {
      cardinality = group.side.getType() == PromQLParser.GROUP_LEFT ? Cardinality.MANY_TO_ONE : Cardinality.ONE_TO_MANY;
      include = group.groupingLabels() == null ? List.of() : labels(group.groupingLabels());
    }
    var fillLeft = OptionalDouble.empty();
    var fillRight = OptionalDouble.empty();
    for (PromQLParser.FillContext fill : context.fill()) {
      if (!features.has(Features.Flag.BINOP_FILL)) {
        throw fault.at(span, "binop fill modifiers are experimental and not enabled");
      }
      OptionalDouble value = OptionalDouble.of(signedNumber(fill.signedNumber()));
      fillLeft = fill.kind.getType() == PromQLParser.FILL_RIGHT ? fillLeft : value;
      fillRight = fill.kind.getType() == PromQLParser.FILL_LEFT ? fillRight : value;
    }
    boolean on = context.matching != null && context.matching.getType() == PromQLParser.ON;
    List<String> labels = context.matching == null ? List.of() : labels(context.groupingLabels());
    return new VectorMatching(cardinality, on, labels, include, fillLeft, fillRight);
  }

  private List<String> labels(PromQLParser.GroupingLabelsContext context) {
    var labels = new ArrayList<String>();
    for (PromQLParser.LabelContext label : context.label()) {
      Token token = label.getStart();
      if (token.getType() == PromQLParser.METRIC_IDENTIFIER) {
        throw fault.at(Spans.of(token), "unexpected " + TokenText.describe(token) + " in grouping opts, expected label");
      }
      String name = token.getType() == PromQLParser.STRING ? string(token) : token.getText();
      if (name.isEmpty()) {
        throw fault.at(Spans.of(token), "unexpected " + TokenText.describe(token) + " in grouping opts, expected label");
      }
      labels.add(name);
    }
    return labels;
  }

  private Expr suffixed(PromQLParser.SuffixedContext context, boolean mayBeEmpty) {
    Expr expr = operand(context.operand(), mayBeEmpty);
    for (PromQLParser.SuffixContext suffix : context.suffix()) {
      Span span = new Span(expr.span().start(), Spans.of(suffix).end());
      expr = switch (suffix) {
        case PromQLParser.BracketContext bracket -> bracket(expr, bracket, span);
        case PromQLParser.OffsetContext offset -> offset(expr, offset, span);
        case PromQLParser.AtContext at -> at(expr, at, span);
        case PromQLParser.ExtensionContext extension -> extension(expr, extension, span);
        default -> throw new IllegalStateException("rule suffix has no alternative " + suffix.getClass());
      };
    }
    return expr;
  }

  private Expr operand(PromQLParser.OperandContext context, boolean mayBeEmpty) {
    ParserRuleContext only = (ParserRuleContext) context.getChild(0);
    return switch (only) {
      case PromQLParser.AggregationContext aggregation -> aggregation(aggregation);
      case PromQLParser.CallContext call -> call(call);
      case PromQLParser.ParenContext paren -> new Expr.Paren(build(paren.expr()), Spans.of(paren));
      case PromQLParser.NumberContext number -> new NumberLiteral(number(number), number.DURATION() != null, Spans.of(number));
      case PromQLParser.StringContext string -> new Expr.StringLiteral(string(string.getStart()), Spans.of(string));
      case PromQLParser.VectorSelectorContext selector -> selector(selector, mayBeEmpty);
      default -> throw new IllegalStateException("rule operand has no alternative " + only.getClass());
    };
  }

  private Expr aggregation(PromQLParser.AggregationContext context) {
    AggregateOp op = AggregateOp.valueOf(context.aggregator().getText().toUpperCase(Locale.ROOT));
    Span span = Spans.of(context);
    if (op == AggregateOp.COUNT_VALUES) {
      checkLabelText(context.arguments());
    }
    List<Expr> arguments = arguments(context.arguments(), false);
    if (arguments.isEmpty()) {
      throw fault.at(span, "no arguments for aggregate expression provided");
    }
    if (op.isExperimental() && !features.has(Features.Flag.EXPERIMENTAL_FUNCTIONS)) {
      throw fault.at(span, op.text() + "() is experimental and must be enabled with --enable-feature="
          + Features.Flag.EXPERIMENTAL_FUNCTIONS.text());
    }
    int wanted = op.hasParameter() ? 2 : 1;
    if (arguments.size() != wanted) {
      throw fault.at(span, "wrong number of arguments for aggregate expression provided, expected " + wanted + ", got "
          + arguments.size());
    }
    Optional<Expr> parameter = op.hasParameter() ? Optional.of(arguments.getFirst()) : Optional.empty();
    check.aggregation(op, parameter, arguments.getLast());
    PromQLParser.GroupingContext grouping = context.grouping();
    boolean without = grouping != null && grouping.kind.getType() == PromQLParser.WITHOUT;
    List<String> labels = grouping == null ? List.of() : labels(grouping.groupingLabels());
    return new Expr.Aggregation(op, parameter, arguments.getLast(), without, labels, span);
  }

  /// Bytes that are no text are no label name either: as in Prometheus a failure of the query, not of the parser.
  private static void checkLabelText(PromQLParser.ArgumentsContext arguments) {
    Token first = arguments.expr().isEmpty() ? arguments.getStart() : arguments.expr().getFirst().getStart();
    if (first.getType() == PromQLParser.STRING && Literals.string(first.getText()).isEmpty()) {
      throw new TidemarkException(ErrorCode.EXECUTION, "invalid label name " + first.getText());
    }
  }

  private Expr call(PromQLParser.CallContext context) {
    Span name = Spans.of(context.callee());
    // Function names count in lower case only, but the words of the grammar in any case.
    String text = context.callee().IDENTIFIER() != null ? context.callee().getText()
        : context.callee().getText().toLowerCase(Locale.ROOT);
    Function function = Function.named(text)
        .orElseThrow(() -> fault.at(name, "unknown function with name " + Fault.quoted(context.callee().getText())));
    List<Expr> arguments = arguments(context.arguments(), function == Function.INFO);
    check.call(function, arguments, name, Spans.of(context));
    return new Expr.Call(function, arguments, Spans.of(context));
  }

  /// @param info whether the second argument may be a selector that matches everything
  private List<Expr> arguments(PromQLParser.ArgumentsContext context, boolean info) {
    if (context.trailing != null) {
      throw fault.at(Spans.of(context.trailing), "trailing commas not allowed in function call args");
    }
    var arguments = new ArrayList<Expr>();
    for (PromQLParser.ExprContext argument : context.expr()) {
      boolean mayBeEmpty = info && arguments.size() == 1;
      arguments.add(argument instanceof PromQLParser.SuffixedContext plain ? suffixed(plain, mayBeEmpty) : build(argument));
    }
    return arguments;
  }

  VectorSelector selector(PromQLParser.VectorSelectorContext context, boolean mayBeEmpty) {
    var matchers = new ArrayList<Matcher>();
    String name = context.metricName() == null ? "" : context.metricName().getText();
    if (!name.isEmpty()) {
      matchers.add(Matcher.equal(LabelSet.NAME, name));
    }
    if (context.matchers() != null) {
      for (PromQLParser.MatcherContext matcher : context.matchers().matcher()) {
        matchers.add(matcher(matcher));
      }
    }
    Span span = Spans.of(context);
    check.selector(name, matchers, mayBeEmpty, span);
    return new VectorSelector(name, matchers, TimeShift.NONE, Extension.NONE, span);
  }

  private Matcher matcher(PromQLParser.MatcherContext context) {
    if (context.op == null) {
      return Matcher.equal(LabelSet.NAME, string(context.quoted));
    }
    String name = context.name != null ? context.name.getText() : string(context.quoted);
    var matcher = new Matcher(name, Operators.match(context.op.getType()), string(context.value));
    check.pattern(matcher, Spans.of(context));
    return matcher;
  }

  private Expr bracket(Expr expr, PromQLParser.BracketContext context, Span span) {
    DurationExpr range = durations.positive(context.range);
    if (context.COLON() != null) {
      Optional<DurationExpr> step = Optional.ofNullable(context.step).map(durations::positive);
      check.subquery(expr, span);
      return new Subquery(expr, range, step, TimeShift.NONE, span);
    }
    if (!(expr instanceof VectorSelector selector)) {
      throw fault.at(Spans.of(context), "ranges only allowed for vector selectors");
    }
    if (selector.shift().offset().isPresent()) {
      throw fault.at(Spans.of(context), "no offset modifiers allowed before range");
    }
    if (!(selector.shift().at() instanceof At.None)) {
      throw fault.at(Spans.of(context), "no @ modifiers allowed before range");
    }
    return new MatrixSelector(selector, range, span);
  }

  private Expr offset(Expr expr, PromQLParser.OffsetContext context, Span span) {
    DurationExpr offset = durations.offset(context.offsetDuration());
    TimeShift old = shift(expr, "offset");
    if (old.offset().isPresent()) {
      throw fault.at(expr.span(), "offset may not be set multiple times");
    }
    boolean none = offset instanceof DurationExpr.Literal literal && literal.millis() == 0;
    return shifted(expr, new TimeShift(old.at(), none ? Optional.empty() : Optional.of(offset)), span);
  }

  private Expr at(Expr expr, PromQLParser.AtContext context, Span span) {
    At at = context.edge == null ? timestamp(expr, signedNumber(context.signedNumber()))
        : context.edge.getType() == PromQLParser.START ? new At.Start() : new At.End();
    TimeShift old = shift(expr, "@");
    if (!(old.at() instanceof At.None)) {
      throw fault.at(expr.span(), "@ <timestamp> may not be set multiple times");
    }
    return shifted(expr, new TimeShift(at, old.offset()), span);
  }

  private At timestamp(Expr expr, double seconds) {
    // Written so that NaN is out of bounds too.
    if (Math.abs(seconds) < 0x1p63) {
      return new At.Timestamp(Math.round(seconds * 1000));
    }
    throw fault.at(expr.span(), "timestamp out of bounds for @ modifier: "
        + (Double.isFinite(seconds) ? String.format(Locale.ROOT, "%f", seconds) : Printer.number(seconds)));
  }

  private TimeShift shift(Expr expr, String modifier) {
    return switch (expr) {
      case VectorSelector selector -> selector.shift();
      case MatrixSelector matrix -> matrix.selector().shift();
      case Subquery subquery -> subquery.shift();
      default -> throw fault.at(expr.span(),
          modifier + " modifier must be preceded by an instant vector selector or range vector selector or a subquery");
    };
  }

  private static Expr shifted(Expr expr, TimeShift shift, Span span) {
    return switch (expr) {
      case VectorSelector s -> new VectorSelector(s.name(), s.matchers(), shift, s.extension(), span);
      case MatrixSelector m -> {
        VectorSelector s = m.selector();
        yield new MatrixSelector(new VectorSelector(s.name(), s.matchers(), shift, s.extension(), s.span()), m.range(), span);
      }
      case Subquery s -> new Subquery(s.expr(), s.range(), s.step(), shift, span);
      default -> throw new IllegalStateException("not shiftable: " + expr);
    };
  }

  private Expr extension(Expr expr, PromQLParser.ExtensionContext context, Span span) {
    String word = context.kind.getText().toLowerCase(Locale.ROOT);
    if (!features.has(Features.Flag.EXTENDED_RANGE_SELECTORS)) {
      throw fault.at(expr.span(), word + " modifier is experimental and not enabled");
    }
    Extension extension = context.kind.getType() == PromQLParser.ANCHORED ? Extension.ANCHORED : Extension.SMOOTHED;
    return switch (expr) {
      case VectorSelector selector -> extended(selector, extension, expr.span(), span);
      case MatrixSelector m -> new MatrixSelector(extended(m.selector(), extension, expr.span(), m.selector().span()), m.range(), span);
      case Subquery _ -> throw fault.at(expr.span(), word + " modifier is not supported for subqueries");
      default -> throw fault.at(expr.span(), word + " modifier not implemented");
    };
  }

  private VectorSelector extended(VectorSelector s, Extension extension, Span place, Span span) {
    if (s.extension() != Extension.NONE && s.extension() != extension) {
      throw fault.at(place, "anchored and smoothed modifiers cannot be used together");
    }
    return new VectorSelector(s.name(), s.matchers(), s.shift(), extension, span);
  }

  private double signedNumber(PromQLParser.SignedNumberContext context) {
    double value = number(context.number());
    return context.sign != null && context.sign.getType() == PromQLParser.SUB ? -value : value;
  }

  private double number(PromQLParser.NumberContext context) {
    try {
      return context.DURATION() != null ? Literals.durationSeconds(context.getText()) : Literals.number(context.getText());
    } catch (IllegalArgumentException e) {
      throw fault.at(Spans.of(context), e.getMessage());
    }
  }

  private String string(Token token) {
    return Literals.string(token.getText()).orElseThrow(() -> fault.at(Spans.of(token), "string " + token.getText()
        + " is not valid UTF-8"));
  }
}
