package io.tidemark.query.evaluate;

import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.Expr;
import io.tidemark.query.kernel.Accumulator;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.HistogramAccumulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Aggregation operators.
///
/// Those that need one running state per group take their series as a stream: every chunk of series gathers its own partial
/// groups, and the partial groups are merged in chunk order.
final class Aggregations {
  private final Evaluator evaluator;
  private final Run run;

  Aggregations(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
  }

  Source evaluate(Expr.Aggregation aggregation, Grid grid) {
    return switch (aggregation.op()) {
      case SUM, AVG, COUNT, MIN, MAX, GROUP, STDDEV, STDVAR -> {
        Source ordered = evaluator.vector(aggregation.expr(), grid);
        Source source = isCount(aggregation.op()) && Groups.isOne(aggregation) ? ordered.anyOrder() : ordered;
        yield streamed(aggregation, kind(aggregation.op()), source, Groups.of(run, source, aggregation), grid.count());
      }
      case QUANTILE -> new Selections(evaluator).quantile(aggregation, grid);
      case COUNT_VALUES -> new Selections(evaluator).countValues(aggregation, grid);
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> new Selections(evaluator).select(aggregation, grid);
    };
  }

  /// Whether values themselves do not count. The others hang on the order: of sums the last bits, of extremes which of two zeros.
  private static boolean isCount(AggregateOp op) {
    return op == AggregateOp.COUNT || op == AggregateOp.GROUP;
  }

  private static Accumulator.Kind kind(AggregateOp op) {
    return switch (op) {
      case SUM -> Accumulator.Kind.SUM;
      case AVG -> Accumulator.Kind.MEAN;
      case COUNT -> Accumulator.Kind.COUNT;
      case MIN -> Accumulator.Kind.MIN;
      case MAX -> Accumulator.Kind.MAX;
      case GROUP -> Accumulator.Kind.GROUP;
      case STDDEV -> Accumulator.Kind.DEVIATION;
      case STDVAR -> Accumulator.Kind.VARIANCE;
      case TOPK, BOTTOMK, COUNT_VALUES, QUANTILE, LIMITK, LIMIT_RATIO -> throw new IllegalArgumentException(op.text());
    };
  }

  private Table streamed(Expr.Aggregation aggregation, Accumulator.Kind kind, Source source, Groups groups, int steps) {
    int chunks = Fanout.chunks(source.count());
    var merge = new Merge(groups, steps, chunks);
    run.fanout.each(chunks, (chunk, scratch) -> {
      int from = chunk * Fanout.CHUNK_SERIES;
      int to = Math.min(source.count(), from + Fanout.CHUNK_SERIES);
      var partial = new Gathered[to - from];
      var groupOf = new int[to - from];
      int used = 0;
      Column column = scratch.column(steps);
      for (int i = from; i < to; i++) {
        run.check();
        source.column(i, column, scratch);
        int group = groups.groupOf()[i];
        int place = 0;
        while (place < used && groupOf[place] != group) {
          place++;
        }
        if (place == used) {
          run.hold(Accumulator.bytes(steps));
          groupOf[used] = group;
          partial[used++] = new Gathered(kind, steps, i);
        }
        if (column.hasHistograms()) {
          histograms(aggregation, kind, partial[place], column, steps);
        }
        partial[place].numbers.add(column.values);
      }
      scratch.giveBack(column);
      merge.done(chunk, new Partial(groupOf, partial, used));
    });
    var columns = new Column[groups.count()];
    for (int g = 0; g < columns.length; g++) {
      run.check();
      columns[g] = new Column(steps);
      Gathered gathered = merge.total[g];
      gathered.numbers.finish(columns[g].values);
      HistogramAccumulator histograms = gathered.histograms;
      if (histograms != null) {
        histograms.finish(columns[g]);
        run.notes.remarks(histograms.remarks(), source.namedLabels(gathered.first).metricName(), aggregation.expr().span());
      }
      run.release(Accumulator.bytes(steps));
    }
    return new Table(groups.labels(), groups.drops(), columns, false);
  }

  /// Lets the histograms of a column count as the operator does with them, and leaves the numbers that it is to take in.
  private void histograms(Expr.Aggregation aggregation, Accumulator.Kind kind, Gathered into, Column column, int steps) {
    switch (kind) {
      case SUM, MEAN -> {
        run.reserveCells(into.histograms().add(column));
        column.dropHistograms(steps);
      }
      case COUNT, GROUP -> {
        // A histogram counts like a number.
      }
      case MIN, MAX, VARIANCE, DEVIATION -> ignore(run, aggregation, column, steps);
    }
  }

  /// Leaves the numbers of a column and says so.
  static void ignore(Run run, Expr.Aggregation aggregation, Column column, int steps) {
    if (column.dropHistograms(steps)) {
      run.notes.info("ignored histogram in " + aggregation.op().text() + " aggregation", aggregation.expr().span());
    }
  }

  /// The running state of one group.
  private static final class Gathered {
    final Accumulator numbers;
    /// A series of the group, the one that came first.
    final int first;
    private final boolean mean;
    private final int steps;
    @Nullable HistogramAccumulator histograms;

    Gathered(Accumulator.Kind kind, int steps, int first) {
      numbers = new Accumulator(kind, steps);
      mean = kind == Accumulator.Kind.MEAN;
      this.steps = steps;
      this.first = first;
    }

    HistogramAccumulator histograms() {
      HistogramAccumulator there = histograms;
      if (there == null) {
        there = new HistogramAccumulator(mean, steps);
        histograms = there;
      }
      return there;
    }

    void merge(Gathered later) {
      numbers.merge(later.numbers);
      if (later.histograms != null) {
        histograms().merge(later.histograms);
      }
    }
  }

  private record Partial(int[] groupOf, Gathered[] gathered, int count) {}

  /// Joins partial groups in chunk order, whatever the order they come in.
  private final class Merge {
    final Gathered[] total;
    private final Partial[] waiting;
    private final int steps;
    private int next;

    Merge(Groups groups, int steps, int chunks) {
      waiting = new Partial[chunks];
      this.steps = steps;
      run.reserve(groups.count(), steps);
      total = new Gathered[groups.count()];
    }

    synchronized void done(int chunk, Partial partial) {
      waiting[chunk] = partial;
      while (next < waiting.length && waiting[next] != null) {
        Partial ready = waiting[next];
        waiting[next++] = null;
        for (int i = 0; i < ready.count(); i++) {
          int group = ready.groupOf()[i];
          if (total[group] == null) {
            total[group] = ready.gathered()[i];
          } else {
            total[group].merge(ready.gathered()[i]);
            run.release(Accumulator.bytes(steps));
          }
        }
      }
    }
  }

  /// `table` rows of each group, in row order.
  static List<int[]> members(Groups groups) {
    var sizes = new int[groups.count()];
    for (int group : groups.groupOf()) {
      sizes[group]++;
    }
    var members = new ArrayList<int[]>(groups.count());
    for (int size : sizes) {
      members.add(new int[size]);
    }
    Arrays.fill(sizes, 0);
    for (int i = 0; i < groups.groupOf().length; i++) {
      int group = groups.groupOf()[i];
      members.get(group)[sizes[group]++] = i;
    }
    return members;
  }
}
