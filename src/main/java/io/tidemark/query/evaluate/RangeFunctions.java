package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Function;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.Extended;
import io.tidemark.query.kernel.ExtendedSamples;
import io.tidemark.query.kernel.OverTime;
import io.tidemark.query.kernel.Rates;
import io.tidemark.query.kernel.Remark;
import io.tidemark.query.kernel.Sums;
import io.tidemark.query.kernel.Trends;
import io.tidemark.query.kernel.WindowChanges;
import io.tidemark.query.kernel.WindowSums;
import io.tidemark.query.kernel.Windows;
import io.tidemark.storage.SampleBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Functions of a range vector.
final class RangeFunctions {
  private static final List<Function> ANCHORED =
      List.of(Function.CHANGES, Function.DELTA, Function.INCREASE, Function.RATE, Function.RESETS);
  private static final List<Function> SMOOTHED = List.of(Function.DELTA, Function.INCREASE, Function.RATE);

  private final Evaluator evaluator;
  private final Run run;

  RangeFunctions(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run;
  }

  /// One series' samples in, its column out.
  private interface Kernel {
    void run(long[] timestamps, double[] values, int count, Windows windows, Scratch scratch, double[] out);
  }

  /// One series' samples in, histograms among them or start times beside them; its column out.
  private interface RichKernel {
    void run(SampleBuffer samples, Windows windows, Scratch scratch, Set<Remark> remarks, Column out);
  }

  /// The two forms of a function: over plain numbers, and over all that samples can be.
  private record Kernels(Kernel plain, RichKernel rich, boolean usesStarts) {
    void run(SampleBuffer samples, Windows windows, Scratch scratch, Set<Remark> remarks, Column out) {
      if (samples.hasHistograms() || usesStarts && samples.hasStarts()) {
        rich.run(samples, windows, scratch, remarks, out);
      } else {
        runPlain(plain, samples, windows, scratch, out);
      }
    }
  }

  private static void runPlain(Kernel kernel, SampleBuffer samples, Windows windows, Scratch scratch, Column out) {
    out.forgetHistograms();
    kernel.run(samples.timestampsMillis, samples.values, samples.count, windows, scratch, out.values);
  }

  Source evaluate(Expr.Call call, Grid grid) {
    Function function = call.function();
    Expr argument = call.arguments().get(function == Function.QUANTILE_OVER_TIME ? 1 : 0);
    Expr.Extension extension = extension(argument);
    checkExtension(extension, function);
    RangeSource range;
    Kernels kernels;
    var downsampling = Downsampling.NONE;
    if (extension == Expr.Extension.NONE) {
      range = evaluator.range(argument, grid, run);
      Kernel plain = kernel(call, grid);
      boolean usesStarts = List.of(Function.RATE, Function.INCREASE, Function.IRATE, Function.RESETS).contains(function);
      kernels = new Kernels(plain, rich(function, plain), usesStarts);
      downsampling = Downsampling.of(function, range, run::check);
    } else {
      boolean smoothed = extension == Expr.Extension.SMOOTHED;
      range = evaluator.selectors.wide((Expr.MatrixSelector) Evaluator.unwrapped(argument), grid);
      kernels = new Kernels(extended(function, smoothed), richExtended(function, smoothed), false);
    }
    boolean keepsName = function == Function.LAST_OVER_TIME || function == Function.FIRST_OVER_TIME;
    boolean delayed = run.config.delayedNameRemoval();
    boolean counterOnly = function == Function.RATE || function == Function.INCREASE;
    var source = new Windowed(range, kernels, downsampling, !keepsName && !delayed, !keepsName && delayed, counterOnly, argument, run);
    return keepsName || delayed || range.isUniqueWithoutName() ? source : evaluator.shape.unique(source, grid.count(), true);
  }

  private static Expr.Extension extension(Expr argument) {
    return Evaluator.unwrapped(argument) instanceof Expr.MatrixSelector matrix ? matrix.selector().extension() : Expr.Extension.NONE;
  }

  /// Refuses a modifier on a function that cannot use it.
  static void checkExtension(Expr.Extension extension, Function function) {
    boolean allowed = switch (extension) {
      case NONE -> true;
      case ANCHORED -> ANCHORED.contains(function);
      case SMOOTHED -> SMOOTHED.contains(function);
    };
    if (!allowed) {
      boolean anchored = extension == Expr.Extension.ANCHORED;
      throw Run.failed((anchored ? "anchored" : "smoothed") + " modifier can only be used with: "
          + (anchored ? ANCHORED : SMOOTHED).stream().map(Function::text).collect(Collectors.joining(", ")) + " - not with "
          + function.text());
    }
  }

  private Kernel extended(Function function, boolean smoothed) {
    long around = run.lookbackMillis();
    return switch (function) {
      case RATE -> (t, v, n, w, _, out) -> Extended.change(t, v, n, w, around, Rates.Kind.RATE, smoothed, run::check, out);
      case INCREASE -> (t, v, n, w, _, out) -> Extended.change(t, v, n, w, around, Rates.Kind.INCREASE, smoothed, run::check, out);
      case DELTA -> (t, v, n, w, _, out) -> Extended.change(t, v, n, w, around, Rates.Kind.DELTA, smoothed, run::check, out);
      case RESETS -> (t, v, n, w, _, out) -> Extended.count(t, v, n, w, around, true, run::check, out);
      default -> (t, v, n, w, _, out) -> Extended.count(t, v, n, w, around, false, run::check, out);
    };
  }

  private RichKernel richExtended(Function function, boolean smoothed) {
    long around = run.lookbackMillis();
    return switch (function) {
      case RATE -> (s, w, _, remarks, out) -> ExtendedSamples.change(s, w, around, Rates.Kind.RATE, smoothed, remarks, run::check, out);
      case INCREASE ->
          (s, w, _, remarks, out) -> ExtendedSamples.change(s, w, around, Rates.Kind.INCREASE, smoothed, remarks, run::check, out);
      case DELTA -> (s, w, _, remarks, out) -> ExtendedSamples.change(s, w, around, Rates.Kind.DELTA, smoothed, remarks, run::check, out);
      case RESETS -> (s, w, _, _, out) -> ExtendedSamples.count(s, w, around, true, run::check, out);
      default -> (s, w, _, _, out) -> ExtendedSamples.count(s, w, around, false, run::check, out);
    };
  }

  private RichKernel rich(Function function, Kernel plain) {
    return switch (function) {
      case RATE -> (s, w, _, remarks, out) -> WindowChanges.extrapolated(s, w, Rates.Kind.RATE, remarks, run::check, out);
      case INCREASE -> (s, w, _, remarks, out) -> WindowChanges.extrapolated(s, w, Rates.Kind.INCREASE, remarks, run::check, out);
      case DELTA -> (s, w, _, remarks, out) -> WindowChanges.extrapolated(s, w, Rates.Kind.DELTA, remarks, run::check, out);
      case IRATE -> (s, w, _, remarks, out) -> WindowChanges.instant(s, w, true, remarks, out);
      case IDELTA -> (s, w, _, remarks, out) -> WindowChanges.instant(s, w, false, remarks, out);
      case RESETS -> (s, w, _, _, out) -> WindowChanges.count(s, w, true, run::check, out);
      case CHANGES -> (s, w, _, _, out) -> WindowChanges.count(s, w, false, run::check, out);
      case SUM_OVER_TIME -> (s, w, _, remarks, out) -> WindowSums.over(s, w, Sums.Kind.SUM, remarks, run::check, out);
      case AVG_OVER_TIME -> (s, w, _, remarks, out) -> WindowSums.over(s, w, Sums.Kind.MEAN, remarks, run::check, out);
      case FIRST_OVER_TIME -> (s, w, _, _, out) -> WindowSums.edge(s, w, true, out);
      case LAST_OVER_TIME -> (s, w, _, _, out) -> WindowSums.edge(s, w, false, out);
      case COUNT_OVER_TIME, PRESENT_OVER_TIME, TS_OF_FIRST_OVER_TIME, TS_OF_LAST_OVER_TIME ->
          (s, w, scratch, _, out) -> runPlain(plain, s, w, scratch, out);
      default -> (s, w, scratch, remarks, out) -> {
        WindowSums.dropHistograms(s, w, remarks);
        runPlain(plain, s, w, scratch, out);
      };
    };
  }

  private Kernel kernel(Expr.Call call, Grid grid) {
    return switch (call.function()) {
      case RATE -> (t, v, n, w, s, out) -> Rates.extrapolated(t, v, n, w, Rates.Kind.RATE, s.ints(n), run::check, out);
      case INCREASE -> (t, v, n, w, s, out) -> Rates.extrapolated(t, v, n, w, Rates.Kind.INCREASE, s.ints(n), run::check, out);
      case DELTA -> (t, v, n, w, s, out) -> Rates.extrapolated(t, v, n, w, Rates.Kind.DELTA, s.ints(n), run::check, out);
      case IRATE -> (t, v, n, w, _, out) -> Rates.instant(t, v, n, w, true, out);
      case IDELTA -> (t, v, n, w, _, out) -> Rates.instant(t, v, n, w, false, out);
      case RESETS -> (t, v, n, w, s, out) -> Rates.count(t, v, n, w, true, s.ints(n), out);
      case CHANGES -> (t, v, n, w, s, out) -> Rates.count(t, v, n, w, false, s.ints(n), out);
      case SUM_OVER_TIME -> (t, v, n, w, s, out) -> Sums.over(t, v, n, w, Sums.Kind.SUM, s.doubles(2 * n), out);
      case AVG_OVER_TIME -> (t, v, n, w, s, out) -> Sums.over(t, v, n, w, Sums.Kind.MEAN, s.doubles(2 * n), out);
      case COUNT_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.COUNT, out);
      case PRESENT_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.PRESENT, out);
      case FIRST_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.FIRST, out);
      case LAST_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.LAST, out);
      case TS_OF_FIRST_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.FIRST_TIMESTAMP, out);
      case TS_OF_LAST_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.edges(t, v, n, w, OverTime.Edge.LAST_TIMESTAMP, out);
      case MIN_OVER_TIME -> (t, v, n, w, s, out) -> OverTime.extremum(t, v, n, w, false, false, s.ints(n), out);
      case MAX_OVER_TIME -> (t, v, n, w, s, out) -> OverTime.extremum(t, v, n, w, true, false, s.ints(n), out);
      case TS_OF_MIN_OVER_TIME -> (t, v, n, w, s, out) -> OverTime.extremum(t, v, n, w, false, true, s.ints(n), out);
      case TS_OF_MAX_OVER_TIME -> (t, v, n, w, s, out) -> OverTime.extremum(t, v, n, w, true, true, s.ints(n), out);
      case STDDEV_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.variance(t, v, n, w, true, run::check, out);
      case STDVAR_OVER_TIME -> (t, v, n, w, _, out) -> OverTime.variance(t, v, n, w, false, run::check, out);
      case MAD_OVER_TIME -> (t, v, n, w, s, out) -> OverTime.medianDeviation(t, v, n, w, s.doubles(2 * n), run::check, out);
      case DERIV -> (t, v, n, w, _, out) -> Trends.slope(t, v, n, w, run::check, out);
      case PREDICT_LINEAR -> {
        double[] ahead = evaluator.scalar(call.arguments().get(1), grid);
        yield (t, v, n, w, _, out) -> Trends.predict(t, v, n, w, ahead, run::check, out);
      }
      case QUANTILE_OVER_TIME -> {
        Expr parameter = call.arguments().getFirst();
        double[] q = evaluator.scalar(parameter, grid);
        boolean allWithin = Arrays.stream(q).allMatch(value -> value >= 0 && value <= 1);
        yield (t, v, n, w, s, out) -> {
          OverTime.quantile(t, v, n, w, q, s.doubles(n + 1), run::check, out);
          if (!allWithin) {
            warnOfQuantiles(q, out, parameter);
          }
        };
      }
      case DOUBLE_EXPONENTIAL_SMOOTHING -> {
        double[] smoothing = factor(call, 1, "smoothing", grid);
        double[] trend = factor(call, 2, "trend", grid);
        yield (t, v, n, w, _, out) -> Trends.smooth(t, v, n, w, smoothing, trend, run::check, out);
      }
      default -> throw new IllegalArgumentException(call.function().text() + " takes no range vector");
    };
  }

  /// Unlike `quantile`, a function of a window says nothing of its parameter where there is no window to ask about.
  private void warnOfQuantiles(double[] q, double[] answers, Expr parameter) {
    Selections.warnOfQuantiles(run, IntStream.range(0, q.length).filter(step -> Columns.has(answers[step])).mapToDouble(step -> q[step])
        .toArray(), parameter);
  }

  private double[] factor(Expr.Call call, int index, String what, Grid grid) {
    double[] factor = evaluator.scalar(call.arguments().get(index), grid);
    for (double value : factor) {
      if (value <= 0 || value >= 1) {
        throw Run.failed("invalid " + what + " factor. Expected: 0 < " + (index == 1 ? "sf" : "tf") + " < 1, got: "
            + (Double.isFinite(value) ? String.format(Locale.ROOT, "%f", value) : Numbers.general(value)));
      }
    }
    return factor;
  }

  private static final class Windowed implements Source {
    private final RangeSource range;
    private final Kernels kernels;
    private final Downsampling downsampling;
    private final boolean removes;
    private final boolean flags;
    private final boolean counterOnly;
    private final Expr argument;
    private final Run run;
    /// The metric that was last noted not to look like a counter; only saves noting it again for each of its series.
    private volatile String noted = "";

    Windowed(RangeSource range, Kernels kernels, Downsampling downsampling, boolean removes, boolean flags, boolean counterOnly,
        Expr argument, Run run) {
      this.range = range;
      this.kernels = kernels;
      this.downsampling = downsampling;
      this.removes = removes;
      this.flags = flags;
      this.counterOnly = counterOnly;
      this.argument = argument;
      this.run = run;
    }

    @Override
    public int count() {
      return range.count();
    }

    @Override
    public LabelSet labels(int index) {
      return removes ? Run.withoutName(range.labels(index)) : range.labels(index);
    }

    @Override
    public LabelSet namedLabels(int index) {
      return range.labels(index);
    }

    @Override
    public String label(int index, String name) {
      return range.label(index, name);
    }

    @Override
    public boolean dropsName(int index) {
      return flags || range.dropsName(index);
    }

    @Override
    public boolean isUniqueWithoutName() {
      return removes || range.isUniqueWithoutName();
    }

    @Override
    public void column(int index, Column out, Scratch scratch) {
      Windows windows = range.windows();
      var remarks = EnumSet.noneOf(Remark.class);
      if (!downsampling.answer(range, index, scratch, out)) {
        range.samples(index, scratch);
        kernels.run(scratch.samples, windows, scratch, remarks, out);
      }
      if (!remarks.isEmpty()) {
        run.notes.remarks(remarks, range.labels(index).metricName(), argument.span());
      }
      if (counterOnly && !range.dropsName(index)) {
        String metric = range.labels(index).metricName();
        if (!metric.equals(noted) && !metric.isEmpty() && !looksLikeCounter(metric) && anyNumber(out, windows.count())) {
          noted = metric;
          var text = new StringBuilder("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ");
          LabelSet.quote(text, metric);
          run.notes.info(text.toString(), argument.span());
        }
      }
    }

    private static boolean anyNumber(Column column, int steps) {
      if (!column.hasHistograms()) {
        return Columns.any(column.values, steps);
      }
      for (int step = 0; step < steps; step++) {
        if (column.isFloat(step)) {
          return true;
        }
      }
      return false;
    }

    private static boolean looksLikeCounter(String metric) {
      return metric.endsWith("_total") || metric.endsWith("_sum") || metric.endsWith("_count") || metric.endsWith("_bucket");
    }
  }
}
