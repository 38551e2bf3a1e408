package io.tidemark.query.script;

import io.tidemark.promql.Expr;
import io.tidemark.promql.Expr.At;
import io.tidemark.promql.Expr.MatrixSelector;
import io.tidemark.promql.Expr.Subquery;
import io.tidemark.promql.Expr.TimeShift;
import io.tidemark.promql.Expr.VectorSelector;
import io.tidemark.promql.Function;
import java.util.Set;

/// Nails a query to one time with `@`, so that it must answer the same whenever it is asked.
final class Pinning {
  private static final Set<Function> TIME_DEPENDENT = Set.of(Function.TIME, Function.TIMESTAMP, Function.PREDICT_LINEAR, Function.START,
      Function.END, Function.RANGE, Function.STEP, Function.MINUTE, Function.HOUR, Function.DAY_OF_WEEK, Function.DAY_OF_MONTH,
      Function.DAY_OF_YEAR, Function.DAYS_IN_MONTH, Function.MONTH, Function.YEAR);

  private Pinning() {}

  /// Whether `expr` looks at time only through its selectors.
  static boolean applies(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _, VectorSelector _, MatrixSelector _ -> true;
      case Subquery subquery -> applies(subquery.expr());
      case Expr.Unary unary -> applies(unary.operand());
      case Expr.Binary binary -> applies(binary.left()) && applies(binary.right());
      case Expr.Aggregation a -> a.parameter().map(Pinning::applies).orElse(true) && applies(a.expr());
      case Expr.Call call -> !TIME_DEPENDENT.contains(call.function()) && call.arguments().stream().allMatch(Pinning::applies);
      case Expr.Paren paren -> applies(paren.expr());
    };
  }

  /// `expr` with `@ millis` on every selector and subquery outside of subqueries that has no timestamp. What is inside of a subquery
  /// moves with the subquery's steps and stays.
  static Expr pin(Expr expr, long millis) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> expr;
      case VectorSelector selector -> pin(selector, millis);
      case MatrixSelector matrix -> new MatrixSelector(pin(matrix.selector(), millis), matrix.range(), matrix.span());
      case Subquery s -> new Subquery(s.expr(), s.range(), s.step(), pin(s.shift(), millis), s.span());
      case Expr.Unary unary -> new Expr.Unary(unary.negate(), pin(unary.operand(), millis), unary.span());
      case Expr.Binary b -> new Expr.Binary(b.op(), pin(b.left(), millis), pin(b.right(), millis), b.matching(), b.returnBool(), b.span());
      case Expr.Aggregation a -> new Expr.Aggregation(a.op(), a.parameter().map(p -> pin(p, millis)), pin(a.expr(), millis), a.without(),
          a.grouping(), a.span());
      case Expr.Call call -> new Expr.Call(call.function(), call.arguments().stream().map(a -> pin(a, millis)).toList(), call.span());
      case Expr.Paren paren -> new Expr.Paren(pin(paren.expr(), millis), paren.span());
    };
  }

  private static VectorSelector pin(VectorSelector s, long millis) {
    return new VectorSelector(s.name(), s.matchers(), pin(s.shift(), millis), s.extension(), s.span());
  }

  private static TimeShift pin(TimeShift shift, long millis) {
    return shift.at() instanceof At.Timestamp ? shift : new TimeShift(new At.Timestamp(millis), shift.offset());
  }
}
