package io.tidemark.query.evaluate;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.Expr;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.OverTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Aggregations that look at all series of a group side by side.
final class Selections {
  /// From how many series on a single step may take a millisecond.
  private static final int MANY_SERIES = 4_096;

  private final Evaluator evaluator;
  private final Run run;

  Selections(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
  }

  Source quantile(Expr.Aggregation aggregation, Grid grid) {
    int steps = grid.count();
    Expr parameter = aggregation.parameter().orElseThrow();
    double[] q = evaluator.scalar(parameter, grid);
    warnOfQuantiles(run, q, parameter);
    Table table = numbers(aggregation, grid);
    Groups groups = Groups.of(run, table, aggregation);
    List<int[]> members = Aggregations.members(groups);
    run.reserve(groups.count(), steps);
    var columns = new Column[groups.count()];
    var sorted = new double[table.count()];
    for (int g = 0; g < columns.length; g++) {
      run.check();
      columns[g] = new Column(steps);
      for (int step = 0; step < steps; step++) {
        if ((step & 63) == 0 || members.get(g).length > MANY_SERIES) {
          run.check();
        }
        int n = 0;
        for (int row : members.get(g)) {
          double value = table.columns()[row].values[step];
          if (Columns.has(value)) {
            sorted[n++] = value;
          }
        }
        OverTime.sortNanFirst(sorted, 0, n);
        columns[g].values[step] = n == 0 ? Columns.NONE : OverTime.ofSorted(sorted, n, q[step]);
      }
    }
    return new Table(groups.labels(), groups.drops(), columns, false);
  }

  /// The operand's numbers; that it has histograms too is remarked.
  private Table numbers(Expr.Aggregation aggregation, Grid grid) {
    Source numbers = evaluator.shape.changed(evaluator.vector(aggregation.expr(), grid), column ->
        Aggregations.ignore(run, aggregation, column, grid.count()));
    return evaluator.shape.table(numbers, grid.count());
  }

  static void warnOfQuantiles(Run run, double[] q, Expr place) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    boolean nan = false;
    for (double value : q) {
      nan |= Double.isNaN(value);
      low = Math.min(low, Double.isNaN(value) ? low : value);
      high = Math.max(high, Double.isNaN(value) ? high : value);
    }
    if (nan) {
      warnOfQuantile(run, Double.NaN, place);
    }
    if (low < 0) {
      warnOfQuantile(run, low, place);
    }
    if (high > 1) {
      warnOfQuantile(run, high, place);
    }
  }

  private static void warnOfQuantile(Run run, double q, Expr place) {
    run.notes.warn("quantile value should be between 0 and 1, got " + Numbers.general(q), place.span());
  }

  Source countValues(Expr.Aggregation aggregation, Grid grid) {
    int steps = grid.count();
    String name = evaluator.text(aggregation.parameter().orElseThrow());
    if (!isValidLabel(name)) {
      var quoted = new StringBuilder();
      LabelSet.quote(quoted, name);
      throw Run.failed("invalid label name " + quoted);
    }
    // The label is there before the groups are made: `without` it, all values of a group are counted as one.
    boolean hidden = aggregation.without() && aggregation.grouping().contains(name);
    Table table = evaluator.shape.table(evaluator.vector(aggregation.expr(), grid), steps);
    Groups groups = Groups.of(run, table, aggregation);
    Map<LabelSet, Column> counts = new HashMap<>();
    var labels = new ArrayList<LabelSet>();
    var columns = new ArrayList<Column>();
    for (int row = 0; row < table.count(); row++) {
      run.check();
      LabelSet group = groups.labels().get(groups.groupOf()[row]);
      Column column = table.columns()[row];
      for (int step = 0; step < steps; step++) {
        run.checkEach(step);
        if (column.has(step)) {
          Histogram histogram = column.histogram(step);
          LabelSet key = hidden ? group
              : group.with(name, histogram == null ? Numbers.decimal(column.values[step]) : Numbers.text(histogram));
          Column count = counts.get(key);
          if (count == null) {
            run.reserve(1, steps);
            run.hold(Run.ROW_BYTES);
            count = Column.none(steps);
            counts.put(key, count);
            labels.add(key);
            columns.add(count);
          }
          count.values[step] = count.has(step) ? count.values[step] + 1 : 1;
        }
      }
    }
    return new Table(labels, new boolean[labels.size()], columns.toArray(Column[]::new), false);
  }

  /// Label names may be any UTF-8 but the empty one.
  static boolean isValidLabel(String name) {
    return !name.isEmpty() && name.chars().noneMatch(c -> c == '\ufffd');
  }

  /// `topk`, `bottomk`, `limitk`, `limit_ratio`: some of the series, as they are.
  Source select(Expr.Aggregation aggregation, Grid grid) {
    int steps = grid.count();
    AggregateOp op = aggregation.op();
    Expr parameter = aggregation.parameter().orElseThrow();
    double[] wanted = evaluator.scalar(parameter, grid);
    check(op, wanted, parameter);
    Table table = op == AggregateOp.TOPK || op == AggregateOp.BOTTOMK ? numbers(aggregation, grid)
        : evaluator.shape.table(evaluator.vector(aggregation.expr(), grid), steps);
    checkRange(op, wanted, table);
    Groups groups = Groups.of(run, table, aggregation);
    List<int[]> members = Aggregations.members(groups);
    run.reserve(table.count(), steps);
    var columns = new Column[table.count()];
    for (int row = 0; row < columns.length; row++) {
      columns[row] = Column.none(steps);
    }
    var order = new ArrayList<Integer>();
    for (int[] rows : members) {
      run.check();
      switch (op) {
        case LIMITK -> limit(table, columns, rows, wanted);
        case LIMIT_RATIO -> ratio(table, columns, rows, wanted);
        default -> best(table, columns, rows, wanted, op == AggregateOp.TOPK, order);
      }
    }
    if (steps > 1 || op == AggregateOp.LIMITK || op == AggregateOp.LIMIT_RATIO) {
      return new Table(table.labels(), table.drops(), columns, false);
    }
    var labels = new ArrayList<LabelSet>();
    var drops = new boolean[order.size()];
    var chosen = new Column[order.size()];
    for (int i = 0; i < chosen.length; i++) {
      int row = order.get(i);
      labels.add(table.labels(row));
      drops[i] = table.dropsName(row);
      chosen[i] = columns[row];
    }
    return new Table(labels, drops, chosen, true);
  }

  private void check(AggregateOp op, double[] wanted, Expr parameter) {
    for (double value : wanted) {
      if (Double.isNaN(value)) {
        throw Run.failed((op == AggregateOp.LIMIT_RATIO ? "Ratio" : "Parameter") + " value is NaN");
      }
      if (op == AggregateOp.LIMIT_RATIO && Math.abs(value) > 1) {
        run.notes.warn("ratio value should be between -1 and 1, got " + Numbers.general(value) + ", capping to "
            + (value > 0 ? "1" : "-1"), parameter.span());
      }
    }
  }

  private static void checkRange(AggregateOp op, double[] wanted, Table table) {
    for (double value : wanted) {
      if (op != AggregateOp.LIMIT_RATIO && table.count() > 0 && Math.abs(value) >= 0x1p63) {
        throw Run.failed("Scalar value " + Numbers.general(value) + (value > 0 ? " overflows int64" : " underflows int64"));
      }
    }
  }

  private static void limit(Table table, Column[] columns, int[] rows, double[] wanted) {
    for (int step = 0; step < wanted.length; step++) {
      int left = (int) Math.min(rows.length, wanted[step]);
      for (int i = 0; i < rows.length && left > 0; i++) {
        if (table.columns()[rows[i]].has(step)) {
          columns[rows[i]].take(step, table.columns()[rows[i]]);
          left--;
        }
      }
    }
  }

  /// A series stays when its hash, as a share of all hashes, is below the ratio; a negative ratio keeps the others.
  private static void ratio(Table table, Column[] columns, int[] rows, double[] wanted) {
    for (int row : rows) {
      double share = (Hashes.of(table.labels(row)) >>> 11) * 0x1.0p-53;
      for (int step = 0; step < wanted.length; step++) {
        double ratio = Math.clamp(wanted[step], -1, 1);
        if (ratio >= 0 && share < ratio || ratio < 0 && share >= 1 + ratio) {
          columns[row].take(step, table.columns()[row]);
        }
      }
    }
  }

  /// Keeps the `k` largest or smallest of every step; NaN is chosen last.
  private void best(Table table, Column[] columns, int[] rows, double[] wanted, boolean largest, List<Integer> order) {
    var heap = new int[rows.length];
    for (int step = 0; step < wanted.length; step++) {
      if ((step & 63) == 0 || rows.length > MANY_SERIES) {
        run.check();
      }
      int k = (int) Math.clamp(wanted[step], 0, rows.length);
      int size = 0;
      for (int row : rows) {
        double value = table.columns()[row].values[step];
        if (!Columns.has(value) || k == 0) {
          continue;
        }
        if (size < k) {
          heap[size++] = row;
          up(table, heap, size - 1, step, largest);
        } else if (isWorse(table.columns()[heap[0]].values[step], value, largest)) {
          heap[0] = row;
          down(table, heap, size, step, largest);
        }
      }
      for (int i = 0; i < size; i++) {
        columns[heap[i]].values[step] = table.columns()[heap[i]].values[step];
      }
      if (wanted.length == 1) {
        int at = step;
        var compared = new int[1];
        Arrays.stream(heap, 0, size).boxed().sorted((a, b) -> {
          run.checkEach(compared[0]++);
          double x = table.columns()[a].values[at];
          double y = table.columns()[b].values[at];
          return isWorse(y, x, largest) ? -1 : isWorse(x, y, largest) ? 1 : Integer.compare(a, b);
        }).forEach(order::add);
      }
    }
  }

  /// Whether `a` is given up before `b`.
  private static boolean isWorse(double a, double b, boolean largest) {
    return Double.isNaN(a) ? !Double.isNaN(b) : largest ? a < b : a > b;
  }

  private static void up(Table table, int[] heap, int at, int step, boolean largest) {
    int child = at;
    while (child > 0) {
      int parent = (child - 1) / 2;
      if (!isWorse(table.columns()[heap[child]].values[step], table.columns()[heap[parent]].values[step], largest)) {
        return;
      }
      swap(heap, child, parent);
      child = parent;
    }
  }

  private static void down(Table table, int[] heap, int size, int step, boolean largest) {
    int parent = 0;
    while (2 * parent + 1 < size) {
      int child = 2 * parent + 1;
      if (child + 1 < size && isWorse(table.columns()[heap[child + 1]].values[step], table.columns()[heap[child]].values[step], largest)) {
        child++;
      }
      if (!isWorse(table.columns()[heap[child]].values[step], table.columns()[heap[parent]].values[step], largest)) {
        return;
      }
      swap(heap, child, parent);
      parent = child;
    }
  }

  private static void swap(int[] heap, int a, int b) {
    int row = heap[a];
    heap[a] = heap[b];
    heap[b] = row;
  }
}
