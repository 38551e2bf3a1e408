package io.tidemark.query.evaluate;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.Elements;
import io.tidemark.query.kernel.HistogramValues;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Function calls: finds the family that a function belongs to and evaluates the small ones.
final class Calls {
  private final Evaluator evaluator;
  private final Run run;

  Calls(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
  }

  Source vector(Expr.Call call, Grid grid) {
    int steps = grid.count();
    Function function = call.function();
    return switch (function) {
      case ABS, CEIL, FLOOR, EXP, LN, LOG2, LOG10, SQRT, SGN, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH, ASINH, ACOSH, ATANH, DEG,
          RAD -> evaluator.shape.nameless(argument(call, 0, grid), steps, column -> Elements.apply(function, column, steps));
      case MINUTE, HOUR, DAY_OF_WEEK, DAY_OF_MONTH, DAY_OF_YEAR, DAYS_IN_MONTH, MONTH, YEAR -> {
        Source times = call.arguments().isEmpty() ? single(times(grid)) : argument(call, 0, grid);
        yield evaluator.shape.nameless(times, steps, column -> Elements.apply(function, column, steps));
      }
      case RATE, INCREASE, DELTA, IRATE, IDELTA, RESETS, CHANGES, DERIV, PREDICT_LINEAR, DOUBLE_EXPONENTIAL_SMOOTHING, SUM_OVER_TIME,
          AVG_OVER_TIME, COUNT_OVER_TIME, PRESENT_OVER_TIME, FIRST_OVER_TIME, LAST_OVER_TIME, MIN_OVER_TIME, MAX_OVER_TIME,
          STDDEV_OVER_TIME, STDVAR_OVER_TIME, MAD_OVER_TIME, QUANTILE_OVER_TIME, TS_OF_FIRST_OVER_TIME, TS_OF_LAST_OVER_TIME,
          TS_OF_MIN_OVER_TIME, TS_OF_MAX_OVER_TIME -> new RangeFunctions(evaluator).evaluate(call, grid);
      case CLAMP -> clamp(argument(call, 0, grid), scalar(call, 1, grid), scalar(call, 2, grid), steps);
      case CLAMP_MIN -> clamp(argument(call, 0, grid), scalar(call, 1, grid), Evaluator.filled(steps, Double.POSITIVE_INFINITY), steps);
      case CLAMP_MAX -> clamp(argument(call, 0, grid), Evaluator.filled(steps, Double.NEGATIVE_INFINITY), scalar(call, 1, grid), steps);
      case ROUND -> {
        double[] nearest = call.arguments().size() > 1 ? scalar(call, 1, grid) : Evaluator.filled(steps, 1);
        yield evaluator.shape.nameless(argument(call, 0, grid), steps, column -> Elements.round(column, nearest, steps));
      }
      case TIMESTAMP -> timestamp(call, grid);
      case START_TIMESTAMP -> startTimestamp(call, grid);
      case VECTOR -> single(scalar(call, 0, grid));
      case ABSENT, ABSENT_OVER_TIME -> new Absence(evaluator).evaluate(call, grid);
      case SORT, SORT_DESC, SORT_BY_LABEL, SORT_BY_LABEL_DESC -> new Sorting(evaluator).evaluate(call, grid);
      case LABEL_REPLACE -> new LabelFunctions(evaluator).replace(call, grid);
      case LABEL_JOIN -> new LabelFunctions(evaluator).join(call, grid);
      case HISTOGRAM_QUANTILE, HISTOGRAM_QUANTILES, HISTOGRAM_FRACTION -> new Histograms(evaluator).evaluate(call, grid);
      case HISTOGRAM_AVG -> ofHistograms(call, grid, histogram -> histogram.sum() / histogram.count());
      case HISTOGRAM_COUNT -> ofHistograms(call, grid, Histogram::count);
      case HISTOGRAM_STDDEV -> ofHistograms(call, grid, histogram -> Math.sqrt(HistogramValues.variance(histogram)));
      case HISTOGRAM_STDVAR -> ofHistograms(call, grid, HistogramValues::variance);
      case HISTOGRAM_SUM -> ofHistograms(call, grid, Histogram::sum);
      case INFO -> new InfoJoin(evaluator).evaluate(call, grid);
      case END, MAX_OF, MIN_OF, PI, RANGE, SCALAR, START, STEP, TIME -> throw new IllegalArgumentException(function.text()
          + " yields no vector");
    };
  }

  private Source argument(Expr.Call call, int index, Grid grid) {
    return evaluator.vector(call.arguments().get(index), grid);
  }

  private double[] scalar(Expr.Call call, int index, Grid grid) {
    return evaluator.scalar(call.arguments().get(index), grid);
  }

  private Source clamp(Source source, double[] low, double[] high, int steps) {
    return evaluator.shape.nameless(source, steps, column -> Elements.clamp(column, low, high, steps));
  }

  /// A number of each histogram; numbers are left out, they are no histograms.
  private Source ofHistograms(Expr.Call call, Grid grid, ToDoubleFunction<Histogram> number) {
    return evaluator.shape.namelessColumns(argument(call, 0, grid), grid.count(), column -> {
      for (int step = 0; step < grid.count(); step++) {
        Histogram histogram = column.histogram(step);
        column.values[step] = histogram == null ? Columns.NONE : number.applyAsDouble(histogram);
      }
      column.forgetHistograms();
    });
  }

  /// The sample's own time for a plain selector, the evaluation time for everything else.
  private Source timestamp(Expr.Call call, Grid grid) {
    int steps = grid.count();
    if (Evaluator.unwrapped(call.arguments().getFirst()) instanceof Expr.VectorSelector selector) {
      return evaluator.shape.nameless(evaluator.selectors.instant(selector, grid, Selectors.Part.TIME), steps, _ -> { });
    }
    double[] times = times(grid);
    return evaluator.shape.namelessColumns(argument(call, 0, grid), steps, column -> {
      for (int step = 0; step < steps; step++) {
        column.set(step, column.has(step) ? times[step] : Columns.NONE);
      }
    });
  }

  /// When the counters of a plain selector began; the values of any other expression do not know.
  private Source startTimestamp(Expr.Call call, Grid grid) {
    Expr argument = call.arguments().getFirst();
    Source starts = Evaluator.unwrapped(argument) instanceof Expr.VectorSelector selector
        ? evaluator.selectors.instant(selector, grid, Selectors.Part.START)
        : evaluator.shape.changed(evaluator.vector(argument, grid), column -> Arrays.fill(column.values, Columns.NONE));
    return evaluator.shape.nameless(starts, grid.count(), _ -> { });
  }

  static Source single(double[] values) {
    return new Table(List.of(LabelSet.EMPTY), new boolean[1], new Column[] {new Column(values)}, false);
  }

  private static double[] times(Grid grid) {
    var times = new double[grid.count()];
    for (int step = 0; step < times.length; step++) {
      times[step] = grid.millis(step) / 1000.0;
    }
    return times;
  }

  double[] scalar(Expr.Call call, Grid grid) {
    int steps = grid.count();
    return switch (call.function()) {
      case TIME -> times(grid);
      case PI -> Evaluator.filled(steps, Math.PI);
      case START -> Evaluator.filled(steps, run.request.startMillis() / 1000.0);
      case END -> Evaluator.filled(steps, run.request.endMillis() / 1000.0);
      case STEP -> Evaluator.filled(steps, run.request.stepMillis() / 1000.0);
      case RANGE -> Evaluator.filled(steps, (run.request.endMillis() - run.request.startMillis()) / 1000.0);
      case MIN_OF, MAX_OF -> {
        double[] left = scalar(call, 0, grid);
        double[] right = scalar(call, 1, grid);
        for (int step = 0; step < steps; step++) {
          left[step] = call.function() == Function.MIN_OF ? Math.min(left[step], right[step]) : Math.max(left[step], right[step]);
        }
        yield left;
      }
      case SCALAR -> ofSingle(argument(call, 0, grid), steps);
      default -> throw new IllegalArgumentException(call.function().text() + " yields no scalar");
    };
  }

  /// The number of the only series with a number at a step, or NaN.
  private double[] ofSingle(Source source, int steps) {
    Table table = evaluator.shape.table(source, steps);
    double[] values = Evaluator.filled(steps, Double.NaN);
    for (int step = 0; step < steps; step++) {
      run.check();
      int found = 0;
      for (Column column : table.columns()) {
        if (column.isFloat(step)) {
          found++;
          values[step] = column.values[step];
        }
      }
      if (found != 1) {
        values[step] = Double.NaN;
      }
    }
    return values;
  }
}
