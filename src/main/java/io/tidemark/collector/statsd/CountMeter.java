package io.tidemark.collector.statsd;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;

/// Adds up since the meter began, as a Prometheus counter.
final class CountMeter implements Meter {
  private final LabelSet labels;
  private double total;

  CountMeter(LabelSet labels) {
    this.labels = labels;
  }

  void add(double value) {
    total += value;
  }

  @Override
  public LabelSet labels() {
    return labels;
  }

  @Override
  public Kind kind() {
    return Kind.COUNT;
  }

  @Override
  public void flush(Output output) {
    output.write(0, labels, total);
  }

  @Override
  public void end(Output output) {
    output.write(0, labels, Stale.VALUE);
  }
}
