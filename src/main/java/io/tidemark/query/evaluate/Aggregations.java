package io.tidemark.query.evaluate;

import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.Expr;
import io.tidemark.query.kernel.Accumulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
        Source source = evaluator.vector(aggregation.expr(), grid);
        yield streamed(kind(aggregation.op()), source, Groups.of(run, source, aggregation), grid.count());
      }
      case QUANTILE -> new Selections(evaluator).quantile(aggregation, grid);
      case COUNT_VALUES -> new Selections(evaluator).countValues(aggregation, grid);
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> new Selections(evaluator).select(aggregation, grid);
    };
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

  private Table streamed(Accumulator.Kind kind, Source source, Groups groups, int steps) {
    int chunks = Fanout.chunks(source.count());
    var merge = new Merge(groups, steps, chunks);
    run.fanout.each(chunks, (chunk, scratch) -> {
      int from = chunk * Fanout.CHUNK_SERIES;
      int to = Math.min(source.count(), from + Fanout.CHUNK_SERIES);
      var partial = new Accumulator[to - from];
      var groupOf = new int[to - from];
      int used = 0;
      double[] column = scratch.column(steps);
      for (int i = from; i < to; i++) {
        run.check();
        source.column(i, column, scratch);
        int group = groups.groupOf()[i];
        int place = 0;
        while (place < used && groupOf[place] != group) {
          place++;
        }
        if (place == used) {
          groupOf[used] = group;
          partial[used++] = new Accumulator(kind, steps);
        }
        partial[place].add(column);
      }
      scratch.giveBack(column);
      merge.done(chunk, new Partial(groupOf, partial, used));
    });
    var columns = new double[groups.count()][steps];
    for (int g = 0; g < columns.length; g++) {
      merge.total[g].finish(columns[g]);
    }
    return new Table(groups.labels(), groups.drops(), columns, false);
  }

  private record Partial(int[] groupOf, Accumulator[] accumulators, int count) {}

  /// Joins partial groups in chunk order, whatever the order they come in.
  private final class Merge {
    final Accumulator[] total;
    private final Partial[] waiting;
    private int next;

    Merge(Groups groups, int steps, int chunks) {
      waiting = new Partial[chunks];
      run.reserve(groups.count() * (Accumulator.bytes(steps) / Double.BYTES + steps), 1);
      total = new Accumulator[groups.count()];
    }

    synchronized void done(int chunk, Partial partial) {
      waiting[chunk] = partial;
      while (next < waiting.length && waiting[next] != null) {
        Partial ready = waiting[next];
        waiting[next++] = null;
        for (int i = 0; i < ready.count(); i++) {
          int group = ready.groupOf()[i];
          if (total[group] == null) {
            total[group] = ready.accumulators()[i];
          } else {
            total[group].merge(ready.accumulators()[i]);
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
