package io.tidemark.collector.statsd;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;

/// The last value, changed by steps when a line has a sign.
final class GaugeMeter implements Meter {
  private final LabelSet labels;
  private double value;

  GaugeMeter(LabelSet labels) {
    this.labels = labels;
  }

  void set(double newValue) {
    value = newValue;
  }

  void step(double by) {
    value += by;
  }

  @Override
  public LabelSet labels() {
    return labels;
  }

  @Override
  public Kind kind() {
    return Kind.GAUGE;
  }

  @Override
  public void flush(Output output) {
    output.write(0, labels, value);
  }

  @Override
  public void end(Output output) {
    output.write(0, labels, Stale.VALUE);
  }
}
