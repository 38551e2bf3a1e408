package io.tidemark.model;

/// One alert as the rule engine tells it and the notifier receives it, in Alertmanager's terms.
///
/// @param labels         the alert's identity, `alertname` included
/// @param annotations    expanded texts, no part of the identity
/// @param startsAtMillis when it began to fire
/// @param endsAtMillis   when it was resolved, or until when it counts as firing if nobody repeats it
/// @param generatorUrl   a link to the expression, or empty
public record Alert(LabelSet labels, LabelSet annotations, long startsAtMillis, long endsAtMillis, String generatorUrl) {
  public boolean isResolvedAt(long nowMillis) {
    return endsAtMillis <= nowMillis;
  }

  public String name() {
    return labels.value("alertname");
  }
}
