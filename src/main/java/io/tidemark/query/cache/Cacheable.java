package io.tidemark.query.cache;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.DurationExpr;
import io.tidemark.promql.Expr;
import io.tidemark.promql.ValueType;
import java.util.Optional;

/// Which expressions give at each step what depends on that step alone, and on samples that are not newer than it.
public final class Cacheable {
  private Cacheable() {}

  /// Whether steps of `expr` may be kept and put beside steps that are evaluated at another time, over another range.
  public static boolean holds(Expr expr) {
    return expr.type() == ValueType.VECTOR && isOfStep(expr);
  }

  private static boolean isOfStep(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> true;
      case Expr.VectorSelector selector -> isOfStep(selector);
      case Expr.MatrixSelector matrix -> isOfStep(matrix.selector()) && isFixed(matrix.range());
      case Expr.Subquery subquery -> isOfStep(subquery.shift()) && isFixed(subquery.range())
          && subquery.step().map(Cacheable::isFixed).orElse(true) && isOfStep(subquery.expr());
      case Expr.Unary unary -> isOfStep(unary.operand());
      case Expr.Paren paren -> isOfStep(paren.expr());
      case Expr.Binary binary -> isOfStep(binary.left()) && isOfStep(binary.right());
      case Expr.Aggregation aggregation -> isOfStep(aggregation.expr()) && isOfStep(aggregation.op(), aggregation.expr())
          && aggregation.parameter().map(Cacheable::isOfStep).orElse(true);
      case Expr.Call call -> switch (call.function()) {
        case START, END, RANGE, INFO -> false;
        case ABSENT_OVER_TIME, FIRST_OVER_TIME, LAST_OVER_TIME -> call.arguments().stream().allMatch(Cacheable::isOfStep);
        // Without their names, two series of a range must not be equal, even when no step has both.
        default -> call.arguments().stream().allMatch(argument -> isOfStep(argument)
            && (argument.type() != ValueType.MATRIX || hasOneName(argument)));
      };
    };
  }

  /// Whether all series that `expr` may have are of one metric, or of none; `false` where that takes a closer look.
  private static boolean hasOneName(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> true;
      case Expr.VectorSelector selector -> selector.matchers().stream()
          .anyMatch(matcher -> matcher.name().equals(LabelSet.NAME) && matcher.op() == Matcher.Op.EQUAL && !matcher.value().isEmpty());
      case Expr.MatrixSelector matrix -> hasOneName(matrix.selector());
      case Expr.Subquery subquery -> hasOneName(subquery.expr());
      case Expr.Unary unary -> hasOneName(unary.operand());
      case Expr.Paren paren -> hasOneName(paren.expr());
      case Expr.Binary binary -> binary.op() != BinaryOp.OR && hasOneName(binary.left()) && hasOneName(binary.right());
      case Expr.Aggregation aggregation -> switch (aggregation.op()) {
        case COUNT_VALUES -> false;
        case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> hasOneName(aggregation.expr());
        default -> aggregation.without() || !aggregation.grouping().contains(LabelSet.NAME) || hasOneName(aggregation.expr());
      };
      case Expr.Call call -> switch (call.function()) {
        case LABEL_REPLACE, LABEL_JOIN, INFO -> false;
        default -> call.arguments().stream().allMatch(Cacheable::hasOneName);
      };
    };
  }

  /// Smoothing looks at samples that follow.
  private static boolean isOfStep(Expr.VectorSelector selector) {
    return selector.extension() != Expr.Extension.SMOOTHED && isOfStep(selector.shift());
  }

  private static boolean isOfStep(Expr.TimeShift shift) {
    return shift.at() instanceof Expr.At.None
        && shift.offset().map(offset -> offset instanceof DurationExpr.Literal literal && literal.seconds() >= 0).orElse(true);
  }

  private static boolean isFixed(DurationExpr duration) {
    return duration instanceof DurationExpr.Literal;
  }

  /// Of equal values the first series is taken, and which comes first is the same in every range only among stored series.
  private static boolean isOfStep(AggregateOp op, Expr of) {
    return switch (op) {
      case TOPK, BOTTOMK, LIMITK -> unwrapped(of) instanceof Expr.VectorSelector;
      default -> true;
    };
  }

  private static Expr unwrapped(Expr expr) {
    Optional<Expr> inner = expr instanceof Expr.Paren paren ? Optional.of(paren.expr()) : Optional.empty();
    return inner.map(Cacheable::unwrapped).orElse(expr);
  }
}
