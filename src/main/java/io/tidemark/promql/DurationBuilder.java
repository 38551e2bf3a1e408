package io.tidemark.promql;

import io.tidemark.promql.DurationExpr.Literal;
import io.tidemark.promql.grammar.PromQLParser;
import org.antlr.v4.runtime.Token;

/// Parse tree → {@link DurationExpr}: ranges, steps and offsets.
final class DurationBuilder {
  /// 2^63 nanoseconds in seconds, the longest duration.
  private static final double SECONDS_MAX = 0x1p63 / 1e9;

  private final Fault fault;
  private final Features features;

  DurationBuilder(Fault fault, Features features) {
    this.fault = fault;
    this.features = features;
  }

  /// A range or step; a plain one must be above 0.
  DurationExpr positive(PromQLParser.DurationExprContext context) {
    DurationExpr expr = build(context);
    if (expr instanceof Literal literal && literal.seconds() <= 0) {
      throw fault.at(literal.span(), "duration must be greater than 0");
    }
    return expr;
  }

  DurationExpr offset(PromQLParser.OffsetDurationContext context) {
    DurationExpr expr = atom(context.durationAtom());
    for (int i = context.signs.size() - 1; i >= 0; i--) {
      expr = signed(context.signs.get(i), expr);
    }
    return expr;
  }

  private DurationExpr build(PromQLParser.DurationExprContext context) {
    return switch (context) {
      case PromQLParser.DurationPlainContext plain -> atom(plain.durationAtom());
      case PromQLParser.DurationUnaryContext unary -> signed(unary.op, build(unary.durationExpr()));
      case PromQLParser.DurationBinaryContext binary -> arithmetic(binary);
      default -> throw new IllegalStateException("rule durationExpr has no alternative " + context.getClass());
    };
  }

  private DurationExpr arithmetic(PromQLParser.DurationBinaryContext context) {
    DurationExpr left = build(context.durationExpr(0));
    DurationExpr right = build(context.durationExpr(1));
    requireExpressions(left.span());
    BinaryOp op = Operators.binary(context.op.getType());
    if (right instanceof Literal literal && literal.seconds() == 0) {
      if (op == BinaryOp.DIV) {
        throw fault.at(Spans.of(context.op), "division by zero");
      }
      if (op == BinaryOp.MOD) {
        throw fault.at(Spans.of(context.op), "modulo by zero");
      }
    }
    return new DurationExpr.Arithmetic(op, left, right, Spans.of(context));
  }

  private DurationExpr atom(PromQLParser.DurationAtomContext context) {
    Span span = Spans.of(context);
    return switch (context) {
      case PromQLParser.DurationNumberContext number -> literal(number.number(), span);
      case PromQLParser.DurationWordContext word ->
          word.word.getType() == PromQLParser.STEP ? new DurationExpr.Step(span) : new DurationExpr.Range(span);
      case PromQLParser.DurationExtremumContext extremum -> new DurationExpr.Extremum(extremum.word.getType() == PromQLParser.MAX_OF,
          build(extremum.durationExpr(0)), build(extremum.durationExpr(1)), span);
      case PromQLParser.DurationParenContext paren -> {
        DurationExpr inner = build(paren.durationExpr());
        requireExpressions(inner.span());
        yield new DurationExpr.Paren(inner, span);
      }
      default -> throw new IllegalStateException("rule durationAtom has no alternative " + context.getClass());
    };
  }

  private Literal literal(PromQLParser.NumberContext context, Span span) {
    boolean duration = context.DURATION() != null;
    String text = context.getText();
    try {
      return inRange(new Literal(duration ? Literals.durationSeconds(text) : Literals.number(text), duration, span));
    } catch (IllegalArgumentException e) {
      throw fault.at(span, e.getMessage());
    }
  }

  private Literal inRange(Literal literal) {
    // Written so that NaN is out of range too.
    if (Math.abs(literal.seconds()) <= SECONDS_MAX) {
      return literal;
    }
    throw fault.at(literal.span(), "duration out of range");
  }

  private static DurationExpr signed(Token sign, DurationExpr operand) {
    Span span = Spans.of(sign).to(operand.span());
    boolean negative = sign.getType() == PromQLParser.SUB;
    if (operand instanceof Literal literal) {
      return new Literal(negative ? -literal.seconds() : literal.seconds(), literal.duration(), span);
    }
    return negative ? new DurationExpr.Negate(operand, span) : operand;
  }

  private void requireExpressions(Span span) {
    if (!features.has(Features.Flag.DURATION_EXPRESSIONS)) {
      throw fault.at(span, "experimental duration expression is not enabled");
    }
  }
}
