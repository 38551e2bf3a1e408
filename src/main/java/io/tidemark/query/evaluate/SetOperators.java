package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.VectorMatching;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// `and`, `or`, `unless`: which steps of one side have a partner on the other.
final class SetOperators {
  private final Evaluator evaluator;
  private final VectorMatching matching;
  private final int steps;

  SetOperators(Evaluator evaluator, VectorMatching matching, int steps) {
    this.evaluator = evaluator;
    this.matching = matching;
    this.steps = steps;
  }

  Source apply(BinaryOp op, Table left, Table right) {
    return switch (op) {
      case AND -> kept(left, presence(right), true);
      case UNLESS -> kept(left, presence(right), false);
      case OR -> {
        Table rest = kept(right, presence(left), false);
        boolean isOrdered = left.isOrdered() || rest.isOrdered();
        Table first = isOrdered ? ordered(left) : left;
        rest = isOrdered ? ordered(rest) : rest;
        var labels = new ArrayList<>(first.labels());
        labels.addAll(rest.labels());
        var drops = Arrays.copyOf(first.drops(), labels.size());
        System.arraycopy(rest.drops(), 0, drops, first.count(), rest.count());
        var columns = Arrays.copyOf(first.columns(), labels.size());
        System.arraycopy(rest.columns(), 0, columns, first.count(), rest.count());
        yield evaluator.shape.unique(new Table(labels, drops, columns, isOrdered), steps, false);
      }
      default -> throw new IllegalArgumentException(op.text() + " is no set operator");
    };
  }

  /// The rows as they are where that is their order, else by labels: one side of `or` may be sorted and the other not.
  private Table ordered(Table table) {
    return table.isOrdered() ? table : Sorting.sorted(evaluator.run, table, (a, b) -> table.labels(a).compareTo(table.labels(b)));
  }

  /// At which steps any series of each signature has a value.
  private Map<LabelSet, boolean[]> presence(Table table) {
    Map<LabelSet, boolean[]> presence = new HashMap<>();
    for (int row = 0; row < table.count(); row++) {
      evaluator.run.check();
      boolean[] there = presence.computeIfAbsent(Signatures.of(matching, table.labels(row)), _ -> {
        evaluator.run.hold(steps + Run.ROW_BYTES);
        return new boolean[steps];
      });
      Column column = table.columns()[row];
      for (int step = 0; step < steps; step++) {
        there[step] |= column.has(step);
      }
    }
    return presence;
  }

  /// The rows of `table` at the steps where their signature is, or is not, present.
  private Table kept(Table table, Map<LabelSet, boolean[]> presence, boolean where) {
    evaluator.run.reserve(table.count(), steps);
    List<LabelSet> labels = new ArrayList<>();
    var drops = new boolean[table.count()];
    var columns = new ArrayList<Column>();
    var never = new boolean[steps];
    for (int row = 0; row < table.count(); row++) {
      evaluator.run.check();
      boolean[] there = presence.getOrDefault(Signatures.of(matching, table.labels(row)), never);
      Column out = table.columns()[row].copy(steps);
      for (int step = 0; step < steps; step++) {
        if (there[step] != where) {
          out.set(step, Columns.NONE);
        }
      }
      if (!out.isEmpty(steps)) {
        drops[labels.size()] = table.dropsName(row);
        labels.add(table.labels(row));
        columns.add(out);
      }
    }
    return new Table(labels, Arrays.copyOf(drops, labels.size()), columns.toArray(Column[]::new), table.isOrdered());
  }
}
