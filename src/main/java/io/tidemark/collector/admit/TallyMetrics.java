package io.tidemark.collector.admit;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;

/// What one protocol took in and refused, on `/metrics`. Safe on any thread.
public final class TallyMetrics {
  private static final Rule[] RULES = Rule.values();
  private final Counter accepted;
  private final Counter notStored;
  private final Counter exemplars;
  private final Counter[] rejected = new Counter[RULES.length];

  public TallyMetrics(String protocol, Metrics metrics) {
    accepted = metrics.counter("tidemark_collector_samples_accepted_total", "Samples made durable.", "protocol", protocol);
    notStored = metrics.counter("tidemark_collector_samples_not_stored_total",
        "Valid samples that the log refused; their sender was told.", "protocol", protocol);
    exemplars = metrics.counter("tidemark_collector_exemplars_ignored_total", "Exemplars read over.", "protocol", protocol);
    for (Rule rule : RULES) {
      rejected[rule.ordinal()] = metrics.counter("tidemark_collector_samples_rejected_total", "Samples that break a rule.",
          "protocol", protocol, "reason", rule.label());
    }
  }

  /// Counts a request whose good samples are durable, or could not be stored.
  public void count(Tally tally, boolean stored) {
    (stored ? accepted : notStored).add(tally.accepted());
    exemplars.add(tally.exemplarsIgnored());
    for (Rule rule : RULES) {
      if (tally.rejected(rule) > 0) {
        rejected[rule.ordinal()].add(tally.rejected(rule));
      }
    }
  }
}
