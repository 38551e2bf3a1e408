package io.tidemark.query.evaluate;

import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Printer;
import io.tidemark.promql.ValueType;
import io.tidemark.storage.Estimate;
import java.util.Map;
import java.util.Optional;

/// Prints how a tree will be evaluated: a line a node, what it holds in memory, what is done once for all steps.
public final class Explain {
  private final StringBuilder out = new StringBuilder();
  private final Invariance invariance = new Invariance();
  /// Where series lie; empty within a part that one node evaluates.
  private Optional<Placement> placement;

  private final Map<Expr, Estimate> costs;

  private Explain(Optional<Placement> placement, Map<Expr, Estimate> costs) {
    this.placement = placement;
    this.costs = costs;
  }

  public static String print(Expr expr, Optional<Placement> placement) {
    return print(expr, placement, Map.of());
  }

  /// @param placement where series lie, when they are not all here
  /// @param costs     what selectors would read, by the node itself
  public static String print(Expr expr, Optional<Placement> placement, Map<Expr, Estimate> costs) {
    var explain = new Explain(placement, costs);
    explain.node(expr, 0, false);
    return explain.out.toString();
  }

  private void node(Expr expr, int depth, boolean withinOnce) {
    boolean once = expr.type() != ValueType.STRING && !(expr instanceof Expr.NumberLiteral) && invariance.holds(expr);
    switch (expr) {
      case Expr.Paren paren -> node(paren.expr(), depth, withinOnce);
      case Expr.NumberLiteral number -> line(depth, "number " + Printer.print(number), "", false);
      case Expr.StringLiteral text -> line(depth, "string " + Printer.print(text), "", false);
      case Expr.VectorSelector selector -> line(depth, "select " + Printer.print(selector), cost(expr), once && !withinOnce);
      case Expr.MatrixSelector selector -> line(depth, "select " + Printer.print(selector), cost(expr), once && !withinOnce);
      case Expr.Subquery subquery -> {
        line(depth, "subquery [" + Printer.print(subquery.range()) + ":" + subquery.step().map(Printer::print).orElse("") + "]",
            "a grid of its own", once && !withinOnce);
        node(subquery.expr(), depth + 1, false);
      }
      case Expr.Unary unary -> {
        line(depth, unary.negate() ? "negate" : "plus", "column by column", once && !withinOnce);
        node(unary.operand(), depth + 1, once || withinOnce);
      }
      case Expr.Binary binary -> {
        line(depth, "binary " + binary.op().text() + (binary.returnBool() ? " bool" : ""), how(binary), once && !withinOnce);
        node(binary.left(), depth + 1, once || withinOnce);
        node(binary.right(), depth + 1, once || withinOnce);
      }
      case Expr.Aggregation aggregation -> {
        Optional<Placement> around = placement;
        Optional<Integer> shard = placement.flatMap(where -> where.onlyShard(aggregation));
        line(depth, "aggregation " + aggregation.op().text() + grouping(aggregation), how(aggregation.op())
            + shard.map(only -> ", on a node of shard " + only).orElse(""), once && !withinOnce);
        placement = shard.isPresent() ? Optional.empty() : around;
        aggregation.parameter().ifPresent(parameter -> node(parameter, depth + 1, once || withinOnce));
        node(aggregation.expr(), depth + 1, once || withinOnce);
        placement = around;
      }
      case Expr.Call call -> {
        line(depth, "call " + call.function().text(), how(call), once && !withinOnce);
        call.arguments().forEach(argument -> node(argument, depth + 1, once || withinOnce));
      }
    }
  }

  private String cost(Expr selector) {
    Estimate estimate = costs.get(selector);
    return estimate == null ? "" : (estimate.isWhole() ? "about " : "at least ") + estimate.samples() + " samples of " + estimate.series()
        + " series";
  }

  private void line(int depth, String what, String how, boolean once) {
    out.append("  ".repeat(depth)).append(what).append(how.isEmpty() ? "" : ": ").append(how);
    out.append(!once ? "" : how.isEmpty() ? ": once for all steps" : ", once for all steps").append('\n');
  }

  private static String grouping(Expr.Aggregation aggregation) {
    return aggregation.without() || !aggregation.grouping().isEmpty()
        ? (aggregation.without() ? " without (" : " by (") + String.join(", ", aggregation.grouping()) + ")" : "";
  }

  private static String how(Expr.Binary binary) {
    if (binary.type() == ValueType.SCALAR) {
      return "";
    }
    boolean vectors = binary.left().type() == ValueType.VECTOR && binary.right().type() == ValueType.VECTOR;
    return vectors ? "both sides in memory, matched once for all steps" : "column by column";
  }

  private static String how(AggregateOp op) {
    return switch (op) {
      case SUM, AVG, COUNT, MIN, MAX, GROUP, STDDEV, STDVAR -> "series by series, partial groups merged in order";
      case QUANTILE, COUNT_VALUES, TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> "all series in memory";
    };
  }

  private static String how(Expr.Call call) {
    return switch (call.function()) {
      case HISTOGRAM_QUANTILE, HISTOGRAM_QUANTILES, HISTOGRAM_FRACTION, INFO, SORT, SORT_DESC, SORT_BY_LABEL, SORT_BY_LABEL_DESC, SCALAR ->
          "all series in memory";
      default -> call.type() == ValueType.SCALAR ? "" : "column by column";
    };
  }
}
