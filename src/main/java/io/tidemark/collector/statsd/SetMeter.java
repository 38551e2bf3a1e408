package io.tidemark.collector.statsd;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import java.util.HashSet;
import java.util.Set;

/// Counts distinct values of one interval by their 64-bit hash.
final class SetMeter implements Meter {
  /// Distinct values counted in an interval; more do not raise the count.
  static final int VALUES_MAX = 100_000;

  private final LabelSet labels;
  private Set<Long> hashes = new HashSet<>();

  SetMeter(LabelSet labels) {
    this.labels = labels;
  }

  /// False when the set is full.
  boolean add(long hash) {
    if (hashes.size() >= VALUES_MAX && !hashes.contains(hash)) {
      return false;
    }
    hashes.add(hash);
    return true;
  }

  @Override
  public LabelSet labels() {
    return labels;
  }

  @Override
  public Kind kind() {
    return Kind.SET;
  }

  @Override
  public void flush(Output output) {
    output.write(0, labels, hashes.size());
    hashes = new HashSet<>();
  }

  @Override
  public void end(Output output) {
    output.write(0, labels, Stale.VALUE);
  }
}
