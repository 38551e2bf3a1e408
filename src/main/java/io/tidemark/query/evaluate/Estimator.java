package io.tidemark.query.evaluate;

import io.tidemark.model.TimeRange;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.query.QueryEstimate;
import io.tidemark.query.kernel.Windows;
import io.tidemark.storage.Aspect;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.Resolution;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Goes through a tree as {@link Evaluator} would and adds up what its selectors would read, by the indexes.
///
/// What an aggregation leaves is not known before its groups are, so its groups count as many as its series; the info series that
/// `info()` looks up by itself are not counted.
public final class Estimator {
  private final Run run;
  private final Selectors selectors;
  private final Invariance invariance = new Invariance();
  private final Map<Expr, Estimate> found = new IdentityHashMap<>();
  /// Series of the vectors that are kept for a second use.
  private final Map<SharedParts.Key, Long> shared = new HashMap<>();
  private Sharing sharing = Sharing.NONE;
  private long sharedBytes;
  private long samples;
  private long series;
  private long points;
  private boolean isWhole = true;
  private boolean isNear = true;
  private final boolean isBound;

  private Estimator(Run run, boolean isBound) {
    this.run = run;
    this.isBound = isBound;
    selectors = new Selectors(run);
  }

  /// At most what {@link #of} would say, found without looking for a single series: as if all selectors matched everything.
  static Bound bound(Run run, Expr expr, long startMillis, long endMillis) {
    var estimator = new Estimator(run, true);
    QueryEstimate estimate = of(estimator, expr, startMillis, endMillis);
    return new Bound(estimate, estimator.isNear);
  }

  /// @param isNear whether all that the selectors would read is near, see {@link io.tidemark.storage.SeriesView#isNear}
  record Bound(QueryEstimate estimate, boolean isNear) {}

  /// What `expr` would cost over the evaluation times `[startMillis, endMillis]`. Reads indexes, so on a worker.
  public static QueryEstimate of(Run run, Expr expr, long startMillis, long endMillis) {
    return of(new Estimator(run, false), expr, startMillis, endMillis);
  }

  private static QueryEstimate of(Estimator estimator, Expr expr, long startMillis, long endMillis) {
    if (!estimator.isBound && !estimator.run.request.countsSteps()) {
      estimator.selectors.resets.look(expr, false);
      estimator.sharing = Sharing.of(expr, estimator.selectors.resets);
    }
    estimator.walk(expr, Grid.of(estimator.run.request, startMillis, endMillis));
    return new QueryEstimate(estimator.samples, estimator.series, estimator.points, estimator.found, estimator.isWhole);
  }

  /// @return how many series the expression may have
  private long walk(Expr expr, Grid grid) {
    if (grid.count() > 1 && !(expr instanceof Expr.MatrixSelector) && !(expr instanceof Expr.Subquery) && invariance.holds(expr)) {
      return walk(expr, grid.first());
    }
    if (!sharing.isShared(expr)) {
      return walkOnce(expr, grid);
    }
    var part = new SharedParts.Key(sharing.part(expr), grid);
    Long known = shared.get(part);
    if (known != null) {
      return known;
    }
    long count = walkOnce(expr, grid);
    long bytes = product(count, SharedParts.rowBytes(grid.count()));
    if (bytes <= SharedParts.room(run, sharedBytes)) {
      sharedBytes += bytes;
      shared.put(part, count);
    }
    return count;
  }

  private long walkOnce(Expr expr, Grid grid) {
    return switch (expr) {
      case Expr.Paren paren -> walk(paren.expr(), grid);
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> 1;
      case Expr.VectorSelector selector -> {
        Windows windows = selectors.windows(selector.shift(), grid, run.lookbackMillis());
        boolean onlyNewest = !isBound && windows.count() == 1 && selector.extension() == Expr.Extension.NONE
            && !selectors.resets.holds(selector);
        yield select(expr, selector, Selectors.range(selector, windows, windows.startMillis(0), run.lookbackMillis()), grid, onlyNewest,
            windows.count() == 1 || selector.extension() != Expr.Extension.NONE || selectors.resets.holds(selector) ? Resolution.RAW
                : Selectors.resolution(windows, false), Aspect.ENDS);
      }
      case Expr.MatrixSelector matrix -> range(matrix, Optional.empty(), grid);
      case Expr.Call call when !call.arguments().isEmpty()
          && Evaluator.unwrapped(call.arguments().getLast()) instanceof Expr.MatrixSelector matrix -> {
        call.arguments().forEach(argument -> {
          if (Evaluator.unwrapped(argument) != matrix) {
            walk(argument, grid);
          }
        });
        yield range(matrix, Optional.of(call.function()).filter(Downsampling::knows), grid);
      }
      case Expr.Subquery subquery -> {
        Optional<Grid> inner = Subqueries.grid(selectors, run, subquery, Subqueries.windows(selectors, subquery, grid));
        long count = inner.isEmpty() ? 0 : walk(subquery.expr(), inner.get());
        samples = sum(samples, product(count, inner.map(Grid::count).orElse(0)));
        yield count;
      }
      case Expr.Unary unary -> walk(unary.operand(), grid);
      case Expr.Binary binary -> {
        long left = walk(binary.left(), grid);
        yield Math.max(left, walk(binary.right(), grid));
      }
      case Expr.Aggregation aggregation -> {
        aggregation.parameter().ifPresent(parameter -> walk(parameter, grid));
        long count = walk(aggregation.expr(), grid);
        yield aggregation.without() || !aggregation.grouping().isEmpty() ? count : Math.min(1, count);
      }
      case Expr.Call call -> call.arguments().stream().mapToLong(argument -> walk(argument, grid)).max().orElse(1);
    };
  }

  /// @param function which one reads it, if it may be answered by companions
  private long range(Expr.MatrixSelector matrix, Optional<Function> function, Grid grid) {
    Expr.VectorSelector selector = matrix.selector();
    Windows windows = selectors.windows(selector.shift(), grid, selectors.millis(matrix.range()));
    boolean isPlain = selector.extension() == Expr.Extension.NONE;
    long after = windows.startMillis(0) - (isPlain ? 0 : run.lookbackMillis());
    Resolution resolution = function.filter(_ -> isPlain && !selectors.resets.holds(selector))
        .map(known -> Selectors.resolution(windows, Downsampling.needsWhole(known))).orElse(Resolution.RAW);
    return select(matrix, selector, Selectors.range(selector, windows, after, run.lookbackMillis()), grid, false, resolution,
        function.map(Downsampling::aspect).orElse(Aspect.EDGES));
  }

  /// @param onlyNewest whether one sample of each series is read
  private long select(Expr node, Expr.VectorSelector selector, TimeRange range, Grid grid, boolean onlyNewest, Resolution resolution,
      Aspect aspect) {
    run.check();
    isNear = isNear && run.view().isNear(range);
    Estimate all = isBound ? run.view().estimate(List.of(), range)
        : run.view().estimate(selector.matchers(), range, resolution, aspect);
    Estimate estimate = onlyNewest ? new Estimate(all.series(), Math.min(all.samples(), all.series()), all.isWhole()) : all;
    found.put(node, estimate);
    samples = sum(samples, estimate.samples());
    series = sum(series, estimate.series());
    points = sum(points, product(estimate.series(), grid.count()));
    isWhole &= estimate.isWhole();
    return estimate.series();
  }

  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  private static long product(long a, long b) {
    return a != 0 && b > Long.MAX_VALUE / a ? Long.MAX_VALUE : a * b;
  }
}
