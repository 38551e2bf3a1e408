package io.tidemark.query.evaluate;

import io.tidemark.promql.Function;
import io.tidemark.query.kernel.Column;
import io.tidemark.query.kernel.Columns;
import io.tidemark.query.kernel.OverTime;
import io.tidemark.query.kernel.Pulse;
import io.tidemark.query.kernel.Rates;
import io.tidemark.query.kernel.Sums;
import io.tidemark.query.kernel.Windows;
import io.tidemark.storage.Aspect;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.SampleBuffer;

/// Answers functions of range vectors from what companions tell, by the same kernels.
///
/// A function is here when an aspect of the samples gives its answer bit for bit, for windows that end where buckets do, and begin there
/// where `needsWhole` says so; sums, and means with them, but for the order of additions.
final class Downsampling {
  /// Answers from samples as they are.
  static final Downsampling NONE = new Downsampling(Function.RATE, Resolution.RAW, () -> {});

  private final Function function;
  private final Resolution resolution;
  private final Pulse pulse;

  private Downsampling(Function function, Resolution resolution, Pulse pulse) {
    this.function = function;
    this.resolution = resolution;
    this.pulse = pulse;
  }

  /// How a function over `range` is answered.
  static Downsampling of(Function function, RangeSource range, Pulse pulse) {
    return knows(function) ? new Downsampling(function, range.resolution(needsWhole(function), aspect(function)), pulse) : NONE;
  }

  static boolean knows(Function function) {
    return switch (function) {
      case RATE, INCREASE, DELTA, RESETS, SUM_OVER_TIME, AVG_OVER_TIME, COUNT_OVER_TIME, MIN_OVER_TIME, MAX_OVER_TIME, PRESENT_OVER_TIME,
          FIRST_OVER_TIME, LAST_OVER_TIME, TS_OF_FIRST_OVER_TIME, TS_OF_LAST_OVER_TIME -> true;
      default -> false;
    };
  }

  /// Whether it matters to a function what else is in the bucket in which a window begins. The newest sample is in the last one that has
  /// any.
  static boolean needsWhole(Function function) {
    return switch (function) {
      case LAST_OVER_TIME, TS_OF_LAST_OVER_TIME, PRESENT_OVER_TIME -> false;
      default -> true;
    };
  }

  /// What is read of the samples, first of all.
  static Aspect aspect(Function function) {
    return switch (function) {
      case SUM_OVER_TIME, AVG_OVER_TIME -> Aspect.SUM;
      case COUNT_OVER_TIME -> Aspect.COUNT;
      case MIN_OVER_TIME -> Aspect.MIN;
      case MAX_OVER_TIME -> Aspect.MAX;
      case RATE, INCREASE, RESETS -> Aspect.EDGES;
      default -> Aspect.ENDS;
    };
  }

  Resolution resolution() {
    return resolution;
  }

  /// Fills `out` with the answer for series `index`; not, when it takes the samples as they are.
  boolean answer(RangeSource range, int index, Scratch scratch, Column out) {
    if (resolution == Resolution.RAW) {
      return false;
    }
    SampleBuffer samples = scratch.samples;
    boolean isChange = function == Function.RATE || function == Function.INCREASE || function == Function.DELTA;
    if (isChange) {
      range.counted(index, resolution, aspect(function), samples, scratch.counts);
    } else {
      range.samples(index, resolution, aspect(function), samples);
    }
    if (samples.hasHistograms() || samples.hasStarts()) {
      return false;
    }
    Windows windows = range.windows();
    long[] times = samples.timestampsMillis;
    int count = samples.count;
    out.forgetHistograms();
    switch (function) {
      case SUM_OVER_TIME, COUNT_OVER_TIME -> {
        return sum(samples, windows, scratch, out.values);
      }
      case AVG_OVER_TIME -> {
        return mean(range, index, scratch, out.values);
      }
      case MIN_OVER_TIME -> OverTime.extremum(times, samples.values, count, windows, false, false, scratch.ints(count), out.values);
      case MAX_OVER_TIME -> OverTime.extremum(times, samples.values, count, windows, true, false, scratch.ints(count), out.values);
      case RATE -> change(windows, scratch, Rates.Kind.RATE, out.values);
      case INCREASE -> change(windows, scratch, Rates.Kind.INCREASE, out.values);
      case DELTA -> change(windows, scratch, Rates.Kind.DELTA, out.values);
      case RESETS -> Rates.count(times, samples.values, count, windows, true, scratch.ints(count), out.values);
      case PRESENT_OVER_TIME -> OverTime.edges(times, samples.values, count, windows, OverTime.Edge.PRESENT, out.values);
      case FIRST_OVER_TIME -> OverTime.edges(times, samples.values, count, windows, OverTime.Edge.FIRST, out.values);
      case LAST_OVER_TIME -> OverTime.edges(times, samples.values, count, windows, OverTime.Edge.LAST, out.values);
      case TS_OF_FIRST_OVER_TIME -> OverTime.edges(times, samples.values, count, windows, OverTime.Edge.FIRST_TIMESTAMP, out.values);
      case TS_OF_LAST_OVER_TIME -> OverTime.edges(times, samples.values, count, windows, OverTime.Edge.LAST_TIMESTAMP, out.values);
      default -> throw new IllegalStateException(function.text());
    }
    return true;
  }

  /// What is beyond all numbers is left to the samples: the sum of a bucket, because those of two may be no number together (+Inf and -Inf)
  /// where the samples have a sum, and that of a window, because it comes by other steps.
  private static boolean sum(SampleBuffer samples, Windows windows, Scratch scratch, double[] out) {
    if (hasInfinite(samples.values, samples.count)) {
      return false;
    }
    Sums.over(samples.timestampsMillis, samples.values, samples.count, windows, Sums.Kind.SUM, scratch.doubles(2 * samples.count), out);
    return !hasInfinite(out, windows.count());
  }

  private static boolean hasInfinite(double[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (Double.isInfinite(values[i])) {
        return true;
      }
    }
    return false;
  }

  private boolean mean(RangeSource range, int index, Scratch scratch, double[] out) {
    if (!sum(scratch.samples, range.windows(), scratch, out)) {
      return false;
    }
    range.counts(index, resolution, scratch.counts);
    double[] counts = new double[range.windows().count()];
    sum(scratch.counts, range.windows(), scratch, counts);
    for (int step = 0; step < counts.length; step++) {
      if (Columns.has(out[step])) {
        out[step] /= counts[step];
      }
    }
    return true;
  }

  private void change(Windows windows, Scratch scratch, Rates.Kind kind, double[] out) {
    SampleBuffer samples = scratch.samples;
    int count = samples.count;
    var before = new int[count + 1];
    for (int i = 0; i < count; i++) {
      before[i + 1] = before[i] + (int) scratch.counts.values[i];
    }
    Rates.extrapolated(samples.timestampsMillis, samples.values, count, before, windows, kind, scratch.ints(count), pulse, out);
  }
}
