package io.tidemark.query.evaluate;

import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Printer;
import io.tidemark.promql.ValueType;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.Resolution;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/// Prints how a tree will be evaluated: a line a node, what it holds in memory, what is done once for all steps,
/// what is shared.
public final class Explain {
  private final StringBuilder out = new StringBuilder();
  private final Invariance invariance = new Invariance();
  /// Where series lie; empty within a part that one node evaluates.
  private Optional<Placement> placement;

  private final Map<Expr, Estimate> costs;
  private final ResetWatch resets = new ResetWatch();
  private Sharing sharing;
  /// Numbers of the shared parts printed so far, from 1 on, in the order of the lines.
  private Map<Integer, Integer> printed = new HashMap<>();
  private int shares;
  /// What to say of the next line's part, or nothing.
  private String keeps = "";

  private Explain(Expr expr, Optional<Placement> placement, Map<Expr, Estimate> costs) {
    this.placement = placement;
    this.costs = costs;
    resets.look(expr, false);
    sharing = Sharing.of(expr, resets);
  }

  public static String print(Expr expr, Optional<Placement> placement) {
    return print(expr, placement, Map.of());
  }

  /// @param placement where series lie, when they are not all here
  /// @param costs     what selectors would read, by the node itself
  public static String print(Expr expr, Optional<Placement> placement, Map<Expr, Estimate> costs) {
    var explain = new Explain(expr, placement, costs);
    explain.node(expr, 0, false);
    return explain.out.toString();
  }

  private void node(Expr expr, int depth, boolean withinOnce) {
    if (expr instanceof Expr.Aggregation aggregation) {
      Optional<Integer> shard = placement.flatMap(where -> where.onlyShard(aggregation));
      if (shard.isPresent()) {
        elsewhere(aggregation, shard.get(), depth, withinOnce);
        return;
      }
    }
    if (sharing.isShared(expr)) {
      Integer known = printed.putIfAbsent(sharing.part(expr), shares + 1);
      if (known != null) {
        line(depth, "shared #" + known, "", false);
        return;
      }
      keeps = "kept as #" + ++shares;
    }
    line(expr, depth, withinOnce, "");
  }

  /// A part that another node evaluates: it shares what comes up within it.
  private void elsewhere(Expr.Aggregation aggregation, int shard, int depth, boolean withinOnce) {
    Optional<Placement> around = placement;
    Sharing sharingAround = sharing;
    Map<Integer, Integer> printedAround = printed;
    placement = Optional.empty();
    sharing = Sharing.of(aggregation, resets);
    printed = new HashMap<>();
    line(aggregation, depth, withinOnce, ", on a node of shard " + shard);
    placement = around;
    sharing = sharingAround;
    printed = printedAround;
  }

  private void line(Expr expr, int depth, boolean withinOnce, String where) {
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
        line(depth, "aggregation " + aggregation.op().text() + grouping(aggregation), how(aggregation.op()) + where, once && !withinOnce);
        aggregation.parameter().ifPresent(parameter -> node(parameter, depth + 1, once || withinOnce));
        node(aggregation.expr(), depth + 1, once || withinOnce);
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
        + " series" + (estimate.resolution() == Resolution.RAW ? "" : ", companions at " + estimate.resolution().text());
  }

  private void line(int depth, String what, String how, boolean once) {
    var parts = new StringJoiner(", ");
    parts.setEmptyValue("");
    if (!how.isEmpty()) {
      parts.add(how);
    }
    if (once) {
      parts.add("once for all steps");
    }
    if (!keeps.isEmpty()) {
      parts.add(keeps);
      keeps = "";
    }
    out.append("  ".repeat(depth)).append(what).append(parts.length() == 0 ? "" : ": ").append(parts).append('\n');
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
