package io.tidemark.query.evaluate;

import io.tidemark.model.Matcher;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Where the series of a cluster lie.
public interface Placement {
  /// The shards that may hold series which pass all `matchers`, ascending.
  Set<Integer> shards(List<Matcher> matchers);

  /// The shard that holds whatever `part` can read, when it is one alone: then its node evaluates the part to the same bits as any
  /// other, for it sees the same series in the same order. Empty also for `info()`, which reads more than its arguments name.
  default Optional<Integer> onlyShard(Expr.Aggregation part) {
    var found = new TreeSet<Integer>();
    return addShards(part, found) && found.size() == 1 ? Optional.of(found.first()) : Optional.empty();
  }

  /// Whether all that `expr` reads is known and within one shard, with those found before.
  private boolean addShards(Expr expr, Set<Integer> found) {
    return switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> true;
      case Expr.VectorSelector selector -> {
        found.addAll(shards(selector.matchers()));
        yield found.size() <= 1;
      }
      case Expr.MatrixSelector selector -> addShards(selector.selector(), found);
      case Expr.Subquery subquery -> addShards(subquery.expr(), found);
      case Expr.Unary unary -> addShards(unary.operand(), found);
      case Expr.Paren paren -> addShards(paren.expr(), found);
      case Expr.Binary binary -> addShards(binary.left(), found) && addShards(binary.right(), found);
      case Expr.Aggregation aggregation -> addShards(aggregation.expr(), found)
          && aggregation.parameter().map(parameter -> addShards(parameter, found)).orElse(true);
      case Expr.Call call -> call.function() != Function.INFO
          && call.arguments().stream().allMatch(argument -> addShards(argument, found));
    };
  }
}
