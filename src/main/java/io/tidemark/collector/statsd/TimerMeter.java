package io.tidemark.collector.statsd;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.DoubleHistogram;

/// A summary: `_count` and `_sum` since the meter began, quantiles of the last interval.
///
/// Quantiles are exact to two digits. An interval without values marks them stale, once, instead of repeating old ones.
final class TimerMeter implements Meter {
  private static final double[] QUANTILES = {0.5, 0.9, 0.95, 0.99};
  private static final int DIGITS = 2;

  private final LabelSet labels;
  private final Kind kind;
  /// Count, sum, and the quantiles.
  private final List<LabelSet> outputs;
  private final DoubleHistogram histogram = new DoubleHistogram(DIGITS);
  /// Bounds of what the histogram tells apart; a histogram covers 15 powers of ten.
  private final double smallest;
  private final double largest;
  private double counted;
  private double summed;
  private boolean quantilesShown;

  /// @param outputs as {@link #outputs(LabelSet)} tells
  TimerMeter(LabelSet labels, Kind kind, List<LabelSet> outputs) {
    this.labels = labels;
    this.kind = kind;
    smallest = kind == Kind.TIMER ? 1e-6 : 1e-3;
    largest = kind == Kind.TIMER ? 1e9 : 1e12;
    histogram.setAutoResize(true);
    this.outputs = outputs;
  }

  /// The series that a timer of these labels writes.
  static List<LabelSet> outputs(LabelSet labels) {
    var outputs = new ArrayList<LabelSet>(2 + QUANTILES.length);
    outputs.add(labels.with(LabelSet.NAME, labels.metricName() + "_count"));
    outputs.add(labels.with(LabelSet.NAME, labels.metricName() + "_sum"));
    for (double quantile : QUANTILES) {
      outputs.add(labels.with("quantile", Double.toString(quantile)));
    }
    return List.copyOf(outputs);
  }

  List<LabelSet> outputs() {
    return outputs;
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
    output.write(0, outputs.get(0), counted);
    output.write(1, outputs.get(1), summed);
    boolean hasValues = histogram.getTotalCount() > 0;
    if (hasValues || quantilesShown) {
      for (int i = 0; i < QUANTILES.length; i++) {
        output.write(2 + i, outputs.get(2 + i), hasValues ? histogram.getValueAtPercentile(QUANTILES[i] * 100) : Stale.VALUE);
      }
    }
    quantilesShown = hasValues;
    histogram.reset();
  }

  @Override
  public void end(Output output) {
    output.write(0, outputs.get(0), Stale.VALUE);
    output.write(1, outputs.get(1), Stale.VALUE);
    for (int i = 0; quantilesShown && i < QUANTILES.length; i++) {
      output.write(2 + i, outputs.get(2 + i), Stale.VALUE);
    }
  }
}
