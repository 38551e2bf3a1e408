package io.tidemark.rules;

import io.tidemark.promql.DurationExpr;
import io.tidemark.promql.Expr;
import java.util.Optional;

/// How far back an expression looks for samples, in milliseconds.
///
/// @param narrowestMillis the shortest range or lookback of a selector; `Long.MAX_VALUE` when there is none
/// @param farthestMillis  from the evaluation back to the begin of the longest range, offsets and subqueries added; 0 when there is none
record Reach(long narrowestMillis, long farthestMillis) {
  private static final Reach NONE = new Reach(Long.MAX_VALUE, 0);
  /// Stands for a duration that is computed; longer than anything that is asked of a reach.
  private static final long COMPUTED_MILLIS = 24 * 3_600_000L;

  static Reach of(Expr expr, long lookbackMillis) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> NONE;
      case Expr.VectorSelector selector -> new Reach(lookbackMillis, lookbackMillis).back(selector.shift());
      case Expr.MatrixSelector matrix -> new Reach(narrowest(matrix.range()), millis(matrix.range())).back(matrix.selector().shift());
      case Expr.Subquery subquery -> {
        Reach inner = of(subquery.expr(), lookbackMillis);
        yield inner.farthestMillis == 0 ? NONE : inner.back(millis(subquery.range())).back(subquery.shift());
      }
      case Expr.Unary unary -> of(unary.operand(), lookbackMillis);
      case Expr.Binary binary -> of(binary.left(), lookbackMillis).and(of(binary.right(), lookbackMillis));
      case Expr.Aggregation aggregation -> aggregation.parameter().map(parameter -> of(parameter, lookbackMillis)).orElse(NONE)
          .and(of(aggregation.expr(), lookbackMillis));
      case Expr.Call call -> call.arguments().stream().map(argument -> of(argument, lookbackMillis)).reduce(NONE, Reach::and);
      case Expr.Paren paren -> of(paren.expr(), lookbackMillis);
    };
  }

  private Reach and(Reach other) {
    return new Reach(Math.min(narrowestMillis, other.narrowestMillis), Math.max(farthestMillis, other.farthestMillis));
  }

  private Reach back(Expr.TimeShift shift) {
    return shift.offset().map(offset -> back(Math.max(0, millis(offset)))).orElse(this);
  }

  private Reach back(long millis) {
    return new Reach(narrowestMillis, farthestMillis + millis);
  }

  private static long millis(DurationExpr duration) {
    return literal(duration).orElse(COMPUTED_MILLIS);
  }

  private static long narrowest(DurationExpr duration) {
    return literal(duration).orElse(0L);
  }

  private static Optional<Long> literal(DurationExpr duration) {
    return switch (duration) {
      case DurationExpr.Literal literal -> Optional.of(literal.millis());
      case DurationExpr.Paren paren -> literal(paren.operand());
      case DurationExpr.Negate negate -> literal(negate.operand()).map(millis -> -millis);
      case DurationExpr.Step _, DurationExpr.Range _, DurationExpr.Arithmetic _, DurationExpr.Extremum _ -> Optional.empty();
    };
  }
}
