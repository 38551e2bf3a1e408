package io.tidemark.query.evaluate;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.DurationExpr;
import io.tidemark.promql.Expr;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.Extended;
import io.tidemark.query.kernel.ExtendedSamples;
import io.tidemark.query.kernel.HistogramCompare;
import io.tidemark.query.kernel.Remark;
import io.tidemark.query.kernel.Windows;
import io.tidemark.storage.Aspect;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import java.util.EnumSet;

/// Reads stored series, at once for one step or many.
final class Selectors {
  /// 292 years, the longest duration that Prometheus can hold.
  private static final double DURATION_SECONDS_MAX = Long.MAX_VALUE / 1e9;

  private final Run run;
  final ResetWatch resets = new ResetWatch();

  Selectors(Run run) {
    this.run = run;
  }

  /// What of the samples an instant selector yields.
  enum Part { VALUE, TIME, START }

  /// An instant selector.
  Source instant(Expr.VectorSelector selector, Grid grid, Part part) {
    Windows windows = windows(selector.shift(), grid, run.lookbackMillis());
    if (selector.extension() == Expr.Extension.SMOOTHED && part == Part.VALUE) {
      return smoothed(selector, windows);
    }
    Selection selection = select(selector, windows);
    Reads reads = reads(selection, selector);
    Resolution resolution = windows.count() == 1 || part == Part.START || reads.tellsResets ? Resolution.RAW
        : reads.resolution(windows, false, Aspect.ENDS);
    return new Instant(reads, windows, part, resolution, selector);
  }

  /// A range selector.
  RangeSource range(Expr.MatrixSelector selector, Grid grid) {
    Windows windows = windows(selector.selector().shift(), grid, millis(selector.range()));
    Selection selection = select(selector.selector(), windows);
    return new Range(reads(selection, selector.selector()), windows, selector.selector());
  }

  /// A range selector whose series also hold the samples around its windows, as `anchored` and `smoothed` need.
  RangeSource wide(Expr.MatrixSelector selector, Grid grid) {
    Windows windows = windows(selector.selector().shift(), grid, millis(selector.range()));
    Selection selection = wide(selector.selector(), windows, windows.startMillis(0) - run.lookbackMillis());
    return new Range(reads(selection, selector.selector()), windows, selector.selector());
  }

  private Source smoothed(Expr.VectorSelector selector, Windows windows) {
    Selection selection = wide(selector, windows, windows.startMillis(0));
    return new Smoothed(new Range(reads(selection, selector), windows, selector));
  }

  private Selection wide(Expr.VectorSelector selector, Windows windows, long after) {
    return run.select(selector.matchers(), range(selector, windows, after, run.lookbackMillis()));
  }

  private Selection select(Expr.VectorSelector selector, Windows windows) {
    return run.select(selector.matchers(), TimeRange.leftOpen(windows.startMillis(0), windows.endMillis(windows.count() - 1)));
  }

  /// What a selector reads: from after `after` to the end of the last window, or further where values are made by what follows.
  static TimeRange range(Expr.VectorSelector selector, Windows windows, long after, long lookbackMillis) {
    long until = windows.endMillis(windows.count() - 1) + (selector.extension() == Expr.Extension.SMOOTHED ? lookbackMillis : 0);
    return TimeRange.leftOpen(after, until);
  }

  /// Where the windows lie after `@` and offset.
  Windows windows(Expr.TimeShift shift, Grid grid, long rangeMillis) {
    long offset = shift.offset().map(this::millis).orElse(0L);
    return switch (shift.at()) {
      case Expr.At.None _ -> new Windows(grid.firstMillis() - offset, grid.stepMillis(), grid.count(), rangeMillis, grid.firstMillis(),
          grid.stepMillis());
      case Expr.At.Timestamp at -> {
        long millis = Math.clamp(at.millis(), -QueryEngine.TIME_MILLIS_MAX, QueryEngine.TIME_MILLIS_MAX);
        yield pinned(millis - offset, grid, rangeMillis);
      }
      case Expr.At.Start _ -> pinned(run.request.startMillis() - offset, grid, rangeMillis);
      case Expr.At.End _ -> pinned(run.request.endMillis() - offset, grid, rangeMillis);
    };
  }

  private static Windows pinned(long endMillis, Grid grid, long rangeMillis) {
    return new Windows(endMillis, 0, grid.count(), rangeMillis, grid.firstMillis(), grid.stepMillis());
  }

  /// The length that a duration expression stands for in this query.
  long millis(DurationExpr duration) {
    double seconds = seconds(duration);
    if (!(Math.abs(seconds) < DURATION_SECONDS_MAX)) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "duration out of range");
    }
    return Math.round(seconds * 1000);
  }

  private double seconds(DurationExpr duration) {
    return switch (duration) {
      case DurationExpr.Literal literal -> literal.seconds();
      case DurationExpr.Step _ -> run.request.stepMillis() / 1000.0;
      case DurationExpr.Range _ -> (run.request.endMillis() - run.request.startMillis()) / 1000.0;
      case DurationExpr.Negate negate -> -seconds(negate.operand());
      case DurationExpr.Paren paren -> seconds(paren.operand());
      case DurationExpr.Extremum extremum -> {
        double left = seconds(extremum.left());
        double right = seconds(extremum.right());
        yield extremum.max() ? Math.max(left, right) : Math.min(left, right);
      }
      case DurationExpr.Arithmetic arithmetic -> {
        double left = seconds(arithmetic.left());
        double right = seconds(arithmetic.right());
        yield switch (arithmetic.op()) {
          case ADD -> left + right;
          case SUB -> left - right;
          case MUL -> left * right;
          case DIV -> divisor(left, right, "division by zero") / right;
          case MOD -> divisor(left, right, "modulo by zero") % right;
          case POW -> Math.pow(left, right);
          default -> throw new TidemarkException(ErrorCode.BAD_DATA, "unexpected operator " + arithmetic.op().text() + " in duration");
        };
      }
    };
  }

  private static double divisor(double left, double right, String problem) {
    if (right == 0) {
      throw new TidemarkException(ErrorCode.BAD_DATA, problem);
    }
    return left;
  }

  /// The lowest resolution whose buckets end where the windows do, and begin there if that matters.
  static Resolution resolution(Windows windows, boolean whole) {
    Resolution[] all = Resolution.values();
    for (int i = all.length - 1; i > 0; i--) {
      if (all[i].divides(windows.firstEndMillis()) && (windows.count() == 1 || all[i].divides(windows.stepMillis()))
          && (!whole || all[i].divides(windows.rangeMillis()))) {
        return all[i];
      }
    }
    return Resolution.RAW;
  }

  private Reads reads(Selection selection, Expr.VectorSelector selector) {
    return new Reads(selection, resets.holds(selector), run.steps.isCounting(), run.resolutions.of(selector), run);
  }

  /// A selection whose samples count for the query.
  ///
  /// @param tellsResets whether histograms that do not say if a counter began anew are compared with the one before
  /// @param counts      whether samples count for the steps that look at them
  private record Reads(Selection selection, boolean tellsResets, boolean counts, Resolutions.Read told, Run run) {
    /// Whether all series are of one metric and carry no other label that goes with the name.
    boolean areUnique(Expr.VectorSelector selector) {
      for (Matcher matcher : selector.matchers()) {
        if (matcher.name().equals(LabelSet.NAME) && matcher.op() == Matcher.Op.EQUAL && !matcher.value().isEmpty()) {
          return !haveOtherNameLabels();
        }
      }
      return false;
    }

    private boolean haveOtherNameLabels() {
      for (int i = 0; i < selection.count(); i++) {
        run.checkEach(i);
        if (Run.hasOtherNameLabel(selection.labels(i))) {
          return true;
        }
      }
      return false;
    }

    Reads anyOrder() {
      return new Reads(selection.anyOrder(), tellsResets, counts, told, run);
    }

    /// The resolution that answers as raw samples would, among those that there is something of.
    Resolution resolution(Windows windows, boolean whole, Aspect aspect) {
      Resolution[] all = Resolution.values();
      for (int i = Selectors.resolution(windows, whole).ordinal(); i > 0; i--) {
        if (selection.isDownsampled(all[i], aspect)) {
          told.chosen(all[i]);
          return all[i];
        }
      }
      told.chosen(Resolution.RAW);
      return Resolution.RAW;
    }

    SampleBuffer read(int index, Resolution resolution, Aspect aspect, SampleBuffer into) {
      into.comesAgain = run.comesAgain();
      if (resolution == Resolution.RAW) {
        selection.read(index, into);
        told.add(0, into.count);
      } else {
        int fromCompanions = selection.read(index, resolution, aspect, into);
        told.add(fromCompanions, into.count - fromCompanions);
      }
      run.read(into.count);
      return into;
    }

    void readCounted(int index, Resolution resolution, Aspect edges, SampleBuffer into, SampleBuffer counts) {
      into.comesAgain = run.comesAgain();
      int fromCompanions = selection.readCounted(index, resolution, edges, into, counts);
      told.add(fromCompanions, into.count - fromCompanions);
      run.read(into.count);
    }

    /// The newest sample, which is all that an instant selector needs at one step.
    SampleBuffer readNewest(int index, Scratch scratch) {
      if (tellsResets) {
        return read(index, scratch);
      }
      SampleBuffer samples = scratch.samples;
      samples.watch = run;
      samples.comesAgain = run.comesAgain();
      selection.readNewest(index, samples);
      told.add(0, samples.count);
      run.read(samples.count);
      return samples;
    }

    SampleBuffer read(int index, Scratch scratch) {
      SampleBuffer samples = scratch.samples;
      samples.watch = run;
      read(index, Resolution.RAW, Aspect.EDGES, samples);
      if (tellsResets && samples.hasHistograms()) {
        HistogramCompare.tellResets(samples);
      }
      return samples;
    }
  }

  private record Instant(Reads reads, Windows windows, Part part, Resolution resolution, Expr.VectorSelector selector) implements Source {
    @Override
    public Source anyOrder() {
      return new Instant(reads.anyOrder(), windows, part, resolution, selector);
    }

    @Override
    public boolean isUniqueWithoutName() {
      return reads.areUnique(selector);
    }

    @Override
    public int count() {
      return reads.selection.count();
    }

    @Override
    public LabelSet labels(int index) {
      return reads.selection.labels(index);
    }

    @Override
    public String label(int index, String name) {
      return reads.selection.label(index, name);
    }

    @Override
    public void column(int index, Column out, Scratch scratch) {
      SampleBuffer samples = windows.count() == 1 ? reads.readNewest(index, scratch)
          : resolution == Resolution.RAW ? reads.read(index, scratch) : edges(index, scratch);
      out.forgetHistograms();
      switch (part) {
        case VALUE -> Columns.latest(samples, windows, out);
        case TIME -> Columns.latestTimestamps(samples.timestampsMillis, samples.values, samples.count, windows, out.values);
        case START -> Columns.latestStarts(samples, windows, out.values);
      }
      if (reads.counts) {
        reads.run.steps.instant(out, windows);
      }
    }

    private SampleBuffer edges(int index, Scratch scratch) {
      scratch.samples.watch = reads.run;
      return reads.read(index, resolution, Aspect.ENDS, scratch.samples);
    }
  }

  private record Range(Reads reads, Windows windows, Expr.VectorSelector selector) implements RangeSource {
    @Override
    public boolean isUniqueWithoutName() {
      return reads.areUnique(selector);
    }

    @Override
    public int count() {
      return reads.selection.count();
    }

    @Override
    public LabelSet labels(int index) {
      return reads.selection.labels(index);
    }

    @Override
    public String label(int index, String name) {
      return reads.selection.label(index, name);
    }

    @Override
    public void samples(int index, Scratch scratch) {
      SampleBuffer samples = reads.read(index, scratch);
      Columns.dropStale(samples);
      if (reads.counts) {
        reads.run.steps.range(samples, windows);
      }
    }

    @Override
    public Resolution resolution(boolean whole, Aspect aspect) {
      return reads.tellsResets ? Resolution.RAW : reads.resolution(windows, whole, aspect);
    }

    @Override
    public void samples(int index, Resolution resolution, Aspect aspect, SampleBuffer into) {
      into.watch = reads.run;
      reads.read(index, resolution, aspect, into);
      Columns.dropStale(into);
      if (reads.counts) {
        reads.run.steps.range(into, windows);
      }
    }

    @Override
    public void counted(int index, Resolution resolution, Aspect edges, SampleBuffer into, SampleBuffer counts) {
      into.watch = reads.run;
      counts.watch = reads.run;
      reads.readCounted(index, resolution, edges, into, counts);
      Columns.dropStale(into);
      Columns.dropStale(counts);
      if (reads.counts) {
        reads.run.steps.range(into, windows);
      }
    }

    @Override
    public void counts(int index, Resolution resolution, SampleBuffer into) {
      into.watch = reads.run;
      reads.read(index, resolution, Aspect.COUNT, into);
      Columns.dropStale(into);
    }
  }

  private record Smoothed(Range range) implements Source {
    @Override
    public int count() {
      return range.count();
    }

    @Override
    public LabelSet labels(int index) {
      return range.labels(index);
    }

    @Override
    public boolean isUniqueWithoutName() {
      return range.isUniqueWithoutName();
    }

    @Override
    public void column(int index, Column out, Scratch scratch) {
      range.samples(index, scratch);
      SampleBuffer samples = scratch.samples;
      if (samples.hasHistograms()) {
        var remarks = EnumSet.noneOf(Remark.class);
        ExtendedSamples.value(samples, range.windows(), remarks, out);
        Notes notes = range.reads.run.notes;
        notes.own(range.selector.span()).forEach(place -> notes.remarks(remarks, labels(index).metricName(), place));
        return;
      }
      out.forgetHistograms();
      Extended.value(samples.timestampsMillis, samples.values, samples.count, range.windows(), out.values);
    }
  }
}
