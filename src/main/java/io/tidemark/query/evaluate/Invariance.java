package io.tidemark.query.evaluate;

import io.tidemark.promql.Expr;
import java.util.IdentityHashMap;
import java.util.Map;

/// Which expressions give the same at every step, because `@` pins all they read or they read nothing.
final class Invariance {
  private final Map<Expr, Boolean> known = new IdentityHashMap<>();

  boolean holds(Expr expr) {
    Boolean answer = known.get(expr);
    if (answer == null) {
      answer = decide(expr);
      known.put(expr, answer);
    }
    return answer;
  }

  private boolean decide(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> true;
      case Expr.VectorSelector selector -> isPinned(selector.shift());
      case Expr.MatrixSelector selector -> isPinned(selector.selector().shift());
      case Expr.Subquery subquery -> isPinned(subquery.shift());
      case Expr.Unary unary -> holds(unary.operand());
      case Expr.Paren paren -> holds(paren.expr());
      case Expr.Binary binary -> holds(binary.left()) && holds(binary.right());
      case Expr.Aggregation aggregation -> holds(aggregation.expr()) && aggregation.parameter().map(this::holds).orElse(true);
      case Expr.Call call -> !dependsOnTime(call) && call.arguments().stream().allMatch(this::holds);
    };
  }

  private static boolean isPinned(Expr.TimeShift shift) {
    return !(shift.at() instanceof Expr.At.None);
  }

  private static boolean dependsOnTime(Expr.Call call) {
    return switch (call.function()) {
      case TIME, TIMESTAMP, PREDICT_LINEAR -> true;
      case MINUTE, HOUR, DAY_OF_WEEK, DAY_OF_MONTH, DAY_OF_YEAR, DAYS_IN_MONTH, MONTH, YEAR -> call.arguments().isEmpty();
      default -> false;
    };
  }
}
