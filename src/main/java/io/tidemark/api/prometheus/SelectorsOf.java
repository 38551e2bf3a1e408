package io.tidemark.api.prometheus;

import io.tidemark.model.Matcher;
import io.tidemark.promql.Expr;
import java.util.List;
import java.util.stream.Stream;

/// The matchers of every selector of a query, in the order they are written.
final class SelectorsOf {
  private SelectorsOf() {}

  static Stream<List<Matcher>> expr(Expr expr) {
    return switch (expr) {
      case Expr.VectorSelector selector -> Stream.of(selector.matchers());
      case Expr.MatrixSelector matrix -> Stream.of(matrix.selector().matchers());
      case Expr.Subquery subquery -> expr(subquery.expr());
      case Expr.Paren paren -> expr(paren.expr());
      case Expr.Unary unary -> expr(unary.operand());
      case Expr.Binary binary -> Stream.concat(expr(binary.left()), expr(binary.right()));
      case Expr.Aggregation aggregation -> Stream.concat(aggregation.parameter().stream().flatMap(SelectorsOf::expr),
          expr(aggregation.expr()));
      case Expr.Call call -> call.arguments().stream().flatMap(SelectorsOf::expr);
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> Stream.empty();
    };
  }
}
