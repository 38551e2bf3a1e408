package io.tidemark.query.kernel;

import io.tidemark.model.Histogram;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The histograms of one aggregation group over all steps, added up or averaged, beside the {@link Accumulator} of its numbers.
///
/// Belongs to one thread at a time; merging in a fixed order gives the same on any number of threads.
public final class HistogramAccumulator {
  private final boolean mean;
  private final @Nullable HistogramSum[] sums;
  /// Steps where custom met exponential buckets: they have no sum.
  private final boolean[] mixed;
  private final EnumSet<Remark> remarks = EnumSet.noneOf(Remark.class);

  public HistogramAccumulator(boolean mean, int steps) {
    this.mean = mean;
    sums = new HistogramSum[steps];
    mixed = new boolean[steps];
  }

  /// Takes in the histograms of a column; answers about how many numbers' memory that took.
  public long add(Column column) {
    long cells = 0;
    for (int step = 0; step < sums.length; step++) {
      Histogram histogram = column.histogram(step);
      if (histogram != null) {
        cells += sums[step] == null ? Column.cells(histogram) : 0;
        add(step, histogram);
      }
    }
    return cells;
  }

  private void add(int step, Histogram histogram) {
    HistogramSum sum = sums[step];
    if (sum == null) {
      sums[step] = new HistogramSum(histogram);
    } else if (!sum.accepts(histogram)) {
      mixed[step] = true;
    } else if (mean) {
      sum.addToMean(histogram);
    } else {
      sum.add(histogram, 1);
    }
  }

  /// Takes in what another one has gathered after this one.
  public void merge(HistogramAccumulator later) {
    for (int step = 0; step < sums.length; step++) {
      HistogramSum mine = sums[step];
      HistogramSum its = later.sums[step];
      mixed[step] |= later.mixed[step];
      if (mine == null) {
        sums[step] = its;
      } else if (its != null && !mine.accepts(its)) {
        mixed[step] = true;
      } else if (its != null) {
        mine.merge(its, mean);
      }
    }
  }

  /// Puts the results beside the numbers in `out`; a step that has both gets neither.
  public void finish(Column out) {
    for (int step = 0; step < sums.length; step++) {
      HistogramSum sum = sums[step];
      if (sum == null) {
        continue;
      }
      if (out.has(step)) {
        remarks.add(Remark.MIXED_IN_AGGREGATION);
        out.set(step, Columns.NONE);
      } else if (mixed[step]) {
        remarks.add(Remark.MIXED_SCHEMAS);
      } else {
        Remark.ofSum(sum, remarks);
        out.set(step, mean ? sum.meanResult() : sum.result());
      }
    }
  }

  /// What there is to remark on the results.
  public Set<Remark> remarks() {
    return remarks;
  }
}
