package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.OverTime;
import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;

/// `absent` and `absent_over_time`: 1 where there is nothing.
final class Absence {
  private final Evaluator evaluator;

  Absence(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  Source evaluate(Expr.Call call, Grid grid) {
    int steps = grid.count();
    Expr argument = Evaluator.unwrapped(call.arguments().getFirst());
    var there = new boolean[steps];
    if (call.function() == Function.ABSENT) {
      Source source = evaluator.vector(argument, grid);
      mark(source.count(), there, source::column);
    } else {
      if (argument instanceof Expr.MatrixSelector matrix) {
        RangeFunctions.checkExtension(matrix.selector().extension(), call.function());
      }
      RangeSource range = evaluator.range(argument, grid, evaluator.run);
      mark(range.count(), there, (index, out, scratch) -> {
        range.samples(index, scratch);
        OverTime.edges(scratch.samples.timestampsMillis, scratch.samples.values, scratch.samples.count, range.windows(),
            OverTime.Edge.PRESENT, out.values);
      });
    }
    double[] column = new double[steps];
    for (int step = 0; step < steps; step++) {
      column[step] = there[step] ? Columns.NONE : 1;
    }
    return new Table(List.of(labels(argument)), new boolean[1], new Column[] {new Column(column)}, false);
  }

  private interface ColumnReader {
    void column(int index, Column out, Scratch scratch);
  }

  private void mark(int count, boolean[] there, ColumnReader reader) {
    int steps = there.length;
    evaluator.run.fanout.each(1, (_, scratch) -> {
      Column column = scratch.column(steps);
      for (int i = 0; i < count; i++) {
        evaluator.run.check();
        reader.column(i, column, scratch);
        for (int step = 0; step < steps; step++) {
          there[step] |= column.has(step);
        }
      }
      scratch.giveBack(column);
    });
  }

  /// Labels that the missing series would surely have had: those of `=` matchers whose label occurs once.
  private static LabelSet labels(Expr argument) {
    List<Matcher> matchers = switch (argument) {
      case Expr.VectorSelector selector -> selector.matchers();
      case Expr.MatrixSelector selector -> selector.selector().matchers();
      default -> List.of();
    };
    var labels = new TreeMap<String, String>();
    var seen = new HashSet<String>();
    for (Matcher matcher : matchers) {
      if (matcher.name().equals(LabelSet.NAME)) {
        continue;
      }
      if (seen.add(matcher.name()) && matcher.op() == Matcher.Op.EQUAL) {
        labels.put(matcher.name(), matcher.value());
      } else {
        labels.remove(matcher.name());
      }
    }
    return LabelSet.of(labels);
  }
}
