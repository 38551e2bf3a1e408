package io.tidemark.query.evaluate;

import io.tidemark.promql.Expr;
import io.tidemark.promql.Expr.VectorSelector;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/// Which selectors feed `histogram_count`, `histogram_sum` or `histogram_avg`.
///
/// As in Prometheus, such selectors work out from sample to sample whether a counter began anew, where the stored histogram does not
/// say it. The only effect is on the annotation about conflicting counter resets.
final class ResetWatch {
  private final Set<VectorSelector> watched = Collections.newSetFromMap(new IdentityHashMap<>());

  boolean holds(VectorSelector selector) {
    return watched.contains(selector);
  }

  /// Takes in a query. A call nearer to the selector decides; steps of a subquery leave samples out, so nothing is known behind one.
  void look(Expr expr, boolean watch) {
    switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> { }
      case VectorSelector selector -> add(selector, watch);
      case Expr.MatrixSelector matrix -> add(matrix.selector(), watch);
      case Expr.Subquery subquery -> look(subquery.expr(), false);
      case Expr.Unary unary -> look(unary.operand(), watch);
      case Expr.Paren paren -> look(paren.expr(), watch);
      case Expr.Binary binary -> {
        look(binary.left(), watch);
        look(binary.right(), watch);
      }
      case Expr.Aggregation aggregation -> {
        aggregation.parameter().ifPresent(parameter -> look(parameter, watch));
        look(aggregation.expr(), watch);
      }
      case Expr.Call call -> {
        boolean inside = switch (call.function()) {
          case HISTOGRAM_COUNT, HISTOGRAM_SUM, HISTOGRAM_AVG -> true;
          case HISTOGRAM_QUANTILE, HISTOGRAM_QUANTILES, HISTOGRAM_FRACTION -> false;
          default -> watch;
        };
        call.arguments().forEach(argument -> look(argument, inside));
      }
    }
  }

  private void add(VectorSelector selector, boolean watch) {
    if (watch) {
      watched.add(selector);
    }
  }
}
