package io.tidemark.notify;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Knows which firing alerts keep which others quiet. Belongs to one loop.
final class Inhibitor {
  /// A rule and the alerts on its source side, by their equal labels.
  private record Indexed(InhibitRule rule, Map<LabelSet, Set<LabelSet>> sources) {}

  private final AlertTable alerts;
  private final List<Indexed> rules = new ArrayList<>();

  Inhibitor(List<InhibitRule> rules, AlertTable alerts) {
    this.alerts = alerts;
    rules.forEach(rule -> this.rules.add(new Indexed(rule, new HashMap<>())));
    alerts.all().forEach(alert -> add(alert.labels()));
  }

  void add(LabelSet labels) {
    for (Indexed one : rules) {
      if (one.rule.source().matches(labels)) {
        one.sources.computeIfAbsent(one.rule.equalLabels(labels), _ -> new LinkedHashSet<>()).add(labels);
      }
    }
  }

  /// A firing alert that keeps one with these labels quiet. An alert that matches both sides of a rule is not kept quiet by others
  /// that do, or they would silence each other.
  Optional<Alert> inhibitorOf(LabelSet labels, long nowMillis) {
    for (Indexed one : rules) {
      if (!one.rule.target().matches(labels)) {
        continue;
      }
      boolean twoSided = one.rule.source().matches(labels);
      for (LabelSet source : one.sources.getOrDefault(one.rule.equalLabels(labels), Set.of())) {
        Optional<Alert> alert = alerts.find(source).filter(a -> !a.isResolvedAt(nowMillis));
        if (alert.isPresent() && !(twoSided && one.rule.target().matches(source))) {
          return alert;
        }
      }
    }
    return Optional.empty();
  }

  /// Forgets alerts that the table has forgotten.
  void sweep() {
    for (Indexed one : rules) {
      one.sources.values().forEach(sources -> sources.removeIf(labels -> alerts.find(labels).isEmpty()));
      one.sources.values().removeIf(Set::isEmpty);
    }
  }
}
