package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import io.tidemark.storage.SampleBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One series' values over all steps: numbers, and histograms beside them where there are any.
///
/// A step has a value when {@link Columns#has} says so of its number. It is a histogram where `histograms` is there and not null; its
/// number then says nothing. Owned by one thread at a time.
public final class Column {
  private static final @Nullable Histogram[] NO_HISTOGRAMS = new Histogram[0];

  /// At least as long as there are steps.
  public final double[] values;
  /// As long as `values`, or empty when no step has a histogram.
  public @Nullable Histogram[] histograms = NO_HISTOGRAMS;

  public Column(int steps) {
    this(new double[steps]);
  }

  /// A column of numbers; the array becomes the column's.
  public Column(double[] values) {
    this.values = values;
  }

  /// A column without any value.
  public static Column none(int steps) {
    var column = new Column(steps);
    Arrays.fill(column.values, Columns.NONE);
    return column;
  }

  public boolean hasHistograms() {
    return histograms.length > 0;
  }

  public boolean has(int step) {
    return Columns.has(values[step]);
  }

  public @Nullable Histogram histogram(int step) {
    return histograms.length == 0 ? null : histograms[step];
  }

  public boolean isFloat(int step) {
    return Columns.has(values[step]) && (histograms.length == 0 || histograms[step] == null);
  }

  /// Makes this a column of numbers: to call before `values` is filled anew.
  public void forgetHistograms() {
    histograms = NO_HISTOGRAMS;
  }

  public void set(int step, double value) {
    values[step] = value;
    if (histograms.length > 0) {
      histograms[step] = null;
    }
  }

  public void set(int step, Histogram histogram) {
    if (histograms.length == 0) {
      histograms = new Histogram[values.length];
    }
    values[step] = SampleBuffer.BESIDE_HISTOGRAM;
    histograms[step] = histogram;
  }

  /// Takes over what `from` has at `step`, nothing included.
  public void take(int step, Column from) {
    Histogram histogram = from.histogram(step);
    if (histogram == null) {
      set(step, from.values[step]);
    } else {
      set(step, histogram);
    }
  }

  /// Leaves the numbers only; answers whether there was a histogram.
  public boolean dropHistograms(int steps) {
    boolean any = false;
    if (histograms.length > 0) {
      for (int step = 0; step < steps; step++) {
        if (histograms[step] != null) {
          any = true;
          values[step] = Columns.NONE;
        }
      }
      histograms = NO_HISTOGRAMS;
    }
    return any;
  }

  public boolean isEmpty(int steps) {
    return !Columns.any(values, steps);
  }

  /// Fills `into` with the first `steps` of this.
  public void copyTo(Column into, int steps) {
    System.arraycopy(values, 0, into.values, 0, steps);
    into.histograms = histograms.length == 0 ? NO_HISTOGRAMS : Arrays.copyOf(histograms, into.values.length);
  }

  public Column copy(int steps) {
    var copy = new Column(Arrays.copyOf(values, steps));
    copy.histograms = histograms.length == 0 ? NO_HISTOGRAMS : Arrays.copyOf(histograms, steps);
    return copy;
  }

  /// About how many numbers the histograms need as much memory as; 0 without any.
  public long histogramCells(int steps) {
    long cells = 0;
    for (int step = 0; step < Math.min(steps, histograms.length); step++) {
      Histogram h = histograms[step];
      cells += h == null ? 1 : cells(h);
    }
    return cells;
  }

  static long cells(Histogram h) {
    return 20 + 2L * (h.positive().count() + h.negative().count());
  }
}
