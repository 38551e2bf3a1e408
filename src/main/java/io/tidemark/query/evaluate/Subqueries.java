package io.tidemark.query.evaluate;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.HistogramCompare;
import io.tidemark.query.kernel.Windows;
import java.util.Optional;

/// Range vectors made by evaluating an expression at absolute multiples of a step.
final class Subqueries {
  /// Columns of fewer values are not worth asking for.
  private static final int LARGE_POINTS = 16_384;

  private Subqueries() {}

  static RangeSource range(Evaluator evaluator, Run run, Expr.Subquery subquery, Grid grid) {
    Windows windows = windows(evaluator.selectors, subquery, grid);
    Optional<Grid> inner = grid(evaluator.selectors, run, subquery, windows);
    if (inner.isEmpty()) {
      return new Nothing(windows);
    }
    if (inner.get().count() > LARGE_POINTS) {
      run.hold(Math.multiplyExact(inner.get().count(), (long) Double.BYTES) * run.config.threads()); // the column of each thread
    }
    boolean counts = run.steps.enterSubquery();
    Source source = evaluator.vector(subquery.expr(), inner.get());
    run.steps.leaveSubquery(counts);
    return new Evaluated(source, inner.get(), windows, counts && run.steps.isCounting(), run);
  }

  static Windows windows(Selectors selectors, Expr.Subquery subquery, Grid grid) {
    return selectors.windows(subquery.shift(), grid, selectors.millis(subquery.range()));
  }

  /// The times at which the subquery's expression is evaluated, if there are any.
  static Optional<Grid> grid(Selectors selectors, Run run, Expr.Subquery subquery, Windows windows) {
    long step = subquery.step().map(selectors::millis).orElse(run.config.subqueryStepMillis());
    if (step <= 0) {
      step = run.config.subqueryStepMillis();
    }
    long after = windows.startMillis(0);
    long last = windows.endMillis(windows.count() - 1);
    long first = Math.addExact(Math.floorDiv(after, step), 1) * step;
    long points = last < first ? 0 : (last - first) / step + 1;
    if (points > run.config.subqueryPointsMax()) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "subquery at character " + subquery.span().start() + " would evaluate its "
          + "expression " + points + " times; query.subquery_points_max allows " + run.config.subqueryPointsMax()
          + "; choose a wider step or a shorter range");
    }
    return points == 0 ? Optional.empty() : Optional.of(new Grid(first, step, (int) points));
  }

  private record Nothing(Windows windows) implements RangeSource {
    @Override
    public int count() {
      return 0;
    }

    @Override
    public LabelSet labels(int index) {
      throw new IndexOutOfBoundsException(index);
    }

    @Override
    public void samples(int index, Scratch scratch) {
      throw new IndexOutOfBoundsException(index);
    }
  }

  private record Evaluated(Source source, Grid grid, Windows windows, boolean counts, Run run) implements RangeSource {
    @Override
    public int count() {
      return source.count();
    }

    @Override
    public LabelSet labels(int index) {
      return source.labels(index);
    }

    @Override
    public boolean dropsName(int index) {
      return source.dropsName(index);
    }

    @Override
    public boolean isUniqueWithoutName() {
      return source.isUniqueWithoutName();
    }

    @Override
    public void samples(int index, Scratch scratch) {
      Column column = scratch.column(grid.count());
      source.column(index, column, scratch);
      var samples = scratch.samples;
      samples.watch = run;
      samples.clear();
      samples.reserve(grid.count());
      Columns.toSamples(column, grid.count(), grid.firstMillis(), grid.stepMillis(), samples);
      HistogramCompare.forgetResets(samples);
      run.read(samples.count);
      if (counts) {
        run.steps.range(samples, windows);
      }
      scratch.giveBack(column);
    }
  }
}
