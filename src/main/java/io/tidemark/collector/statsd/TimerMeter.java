package io.tidemark.collector.statsd;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import org.HdrHistogram.DoubleHistogram;

/// A summary: `_count` and `_sum` since the meter began, quantiles of the last interval.
///
/// Quantiles are exact to two digits. An interval without values marks them stale, once, instead of repeating old ones.
final class TimerMeter implements Meter {
  private static final double[] QUANTILES = {0.5, 0.9, 0.95, 0.99};
  private static final int DIGITS = 2;

  private final LabelSet labels;
  private final Kind kind;
  private final LabelSet count;
  private final LabelSet sum;
  private final LabelSet[] quantiles = new LabelSet[QUANTILES.length];
  private final DoubleHistogram histogram = new DoubleHistogram(DIGITS);
  /// Bounds of what the histogram tells apart; a histogram covers 15 powers of ten.
  private final double smallest;
  private final double largest;
  private double counted;
  private double summed;
  private boolean quantilesShown;

  TimerMeter(LabelSet labels, Kind kind) {
    this.labels = labels;
    this.kind = kind;
    smallest = kind == Kind.TIMER ? 1e-6 : 1e-3;
    largest = kind == Kind.TIMER ? 1e9 : 1e12;
    histogram.setAutoResize(true);
    count = labels.with(LabelSet.NAME, labels.metricName() + "_count");
    sum = labels.with(LabelSet.NAME, labels.metricName() + "_sum");
    for (int i = 0; i < QUANTILES.length; i++) {
      quantiles[i] = labels.with("quantile", Double.toString(QUANTILES[i]));
    }
  }

  /// Adds a value that is 0 or more and stands for `weight` values.
  void add(double value, double weight) {
    counted += weight;
    summed += value * weight;
    double within = value < smallest ? 0 : Math.min(value, largest);
    histogram.recordValueWithCount(within, Math.max(1, Math.round(weight)));
  }

  @Override
  public LabelSet labels() {
    return labels;
  }

  @Override
  public Kind kind() {
    return kind;
  }

  @Override
  public void flush(Output output) {
    output.write(0, count, counted);
    output.write(1, sum, summed);
    boolean hasValues = histogram.getTotalCount() > 0;
    if (hasValues || quantilesShown) {
      for (int i = 0; i < QUANTILES.length; i++) {
        output.write(2 + i, quantiles[i], hasValues ? histogram.getValueAtPercentile(QUANTILES[i] * 100) : Stale.VALUE);
      }
    }
    quantilesShown = hasValues;
    histogram.reset();
  }

  @Override
  public void end(Output output) {
    output.write(0, count, Stale.VALUE);
    output.write(1, sum, Stale.VALUE);
    for (int i = 0; quantilesShown && i < QUANTILES.length; i++) {
      output.write(2 + i, quantiles[i], Stale.VALUE);
    }
  }
}
