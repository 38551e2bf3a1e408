package io.tidemark.collector.admit;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;

/// What one protocol took in and refused, on `/metrics`. Safe on any thread.
public final class TallyMetrics {
  private static final Rule[] RULES = Rule.values();
  private final Counter accepted;
  private final Counter notStored;
  private final Counter histograms;
  private final Counter exemplars;
  private final Counter exemplarsRefused;
  private final Counter[] rejected = new Counter[RULES.length];

  public TallyMetrics(String protocol, Metrics metrics) {
    accepted = metrics.counter("tidemark_collector_samples_accepted_total", "Samples made durable.", "protocol", protocol);
    notStored = metrics.counter("tidemark_collector_samples_not_stored_total",
        "Valid samples that the log refused; their sender was told.", "protocol", protocol);
    histograms = metrics.counter("tidemark_collector_histograms_accepted_total", "Samples made durable that are native histograms.",
        "protocol", protocol);
    exemplars = metrics.counter("tidemark_collector_exemplars_accepted_total", "Exemplars made durable.", "protocol", protocol);
    exemplarsRefused = metrics.counter("tidemark_collector_exemplars_rejected_total",
        "Exemplars with bad or too long labels or a time out of bounds.", "protocol", protocol);
    for (Rule rule : RULES) {
      rejected[rule.ordinal()] = metrics.counter("tidemark_collector_samples_rejected_total", "Samples that break a rule.",
          "protocol", protocol, "reason", rule.label());
    }
  }

  /// Counts a request whose good samples are durable, or could not be stored.
  public void count(Tally tally, boolean stored) {
    (stored ? accepted : notStored).add(tally.accepted());
    if (stored) {
      histograms.add(tally.histograms());
      exemplars.add(tally.exemplars());
    }
    exemplarsRefused.add(tally.exemplarsRefused());
    for (Rule rule : RULES) {
      if (tally.rejected(rule) > 0) {
        rejected[rule.ordinal()].add(tally.rejected(rule));
      }
    }
  }
}
