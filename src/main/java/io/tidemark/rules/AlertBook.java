package io.tidemark.rules;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.rules.AlertTexts.Expanded;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The alerts of one rule and their life: inactive → pending → firing → resolved. Knows no clock, no queries and no storage; owned by
/// the engine's loop.
///
/// Source of the transitions: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/.
final class AlertBook {
  private final Map<LabelSet, ActiveAlert> active = new LinkedHashMap<>();
  /// Alerts whose saved form is older than they are; those not in `active` any more are to be removed.
  private final Set<LabelSet> unsaved = new LinkedHashSet<>();

  Collection<ActiveAlert> all() {
    return active.values();
  }

  Optional<ActiveAlert> find(LabelSet labels) {
    return Optional.ofNullable(active.get(labels));
  }

  /// Takes over an alert of an earlier life.
  void restore(ActiveAlert alert) {
    active.put(alert.labels, alert);
  }

  /// Labels of alerts that changed since the last call.
  List<LabelSet> takeUnsaved() {
    var taken = List.copyOf(unsaved);
    unsaved.clear();
    return taken;
  }

  /// Gives back what could not be saved.
  void saveLater(Collection<LabelSet> labels) {
    unsaved.addAll(labels);
  }

  /// Goes on by one evaluation. Nothing changes when it throws.
  ///
  /// @throws TidemarkException `EXECUTION` for two alerts with the same labels or more than `alertsMax` of them
  void advance(Rule.Alerting rule, List<Expanded> found, long nowMillis, int alertsMax) {
    check(found, alertsMax);
    var present = new HashSet<LabelSet>();
    for (Expanded element : found) {
      present.add(element.labels());
      meet(element, nowMillis);
    }
    for (ActiveAlert alert : new ArrayList<>(active.values())) {
      if (present.contains(alert.labels)) {
        if (alert.keepFiringSinceMillis != 0) {
          alert.keepFiringSinceMillis = 0;
          unsaved.add(alert.labels);
        }
        fireIfHeld(rule, alert, nowMillis);
      } else {
        miss(rule, alert, nowMillis);
      }
    }
  }

  private static void check(List<Expanded> found, int alertsMax) {
    if (found.size() > alertsMax) {
      throw new TidemarkException(ErrorCode.EXECUTION, "exceeded limit of " + alertsMax + " with " + found.size() + " alerts");
    }
    var seen = new HashSet<LabelSet>();
    for (Expanded element : found) {
      if (!seen.add(element.labels())) {
        throw new TidemarkException(ErrorCode.EXECUTION,
            "vector contains metrics with the same labelset after applying alert labels: " + element.labels());
      }
    }
  }

  private void meet(Expanded element, long nowMillis) {
    ActiveAlert known = active.get(element.labels());
    if (known == null || known.state == AlertState.INACTIVE || isAhead(known, nowMillis)) {
      active.put(element.labels(), new ActiveAlert(element.labels(), element.annotations(), element.value(), nowMillis));
      unsaved.add(element.labels());
    } else {
      known.met(nowMillis);
      known.value = element.value();
      known.annotations = element.annotations();
    }
  }

  /// Pending since a time to come: the clock was set back. Waiting for that time could hold a page back for hours, so `for` starts anew.
  private static boolean isAhead(ActiveAlert alert, long nowMillis) {
    return alert.state == AlertState.PENDING && alert.activeAtMillis > nowMillis;
  }

  private void fireIfHeld(Rule.Alerting rule, ActiveAlert alert, long nowMillis) {
    if (alert.state == AlertState.PENDING && nowMillis - alert.activeAtMillis >= rule.forMillis()) {
      alert.state = AlertState.FIRING;
      alert.firedAtMillis = nowMillis;
      unsaved.add(alert.labels);
    }
  }

  private void miss(Rule.Alerting rule, ActiveAlert alert, long nowMillis) {
    if (alert.state != AlertState.INACTIVE && alert.isHeld(nowMillis)) {
      return;
    }
    switch (alert.state) {
      case PENDING -> drop(alert);
      case INACTIVE -> {
        if (nowMillis - alert.resolvedAtMillis > RuleSettings.RESOLVED_RETENTION_MILLIS) {
          drop(alert);
        }
      }
      case FIRING -> {
        boolean isUnset = alert.keepFiringSinceMillis == 0 || alert.keepFiringSinceMillis > nowMillis;
        if (rule.keepFiringForMillis() > 0 && isUnset) {
          alert.keepFiringSinceMillis = nowMillis;
          unsaved.add(alert.labels);
        }
        if (rule.keepFiringForMillis() == 0 || nowMillis - alert.keepFiringSinceMillis >= rule.keepFiringForMillis()) {
          alert.state = AlertState.INACTIVE;
          alert.resolvedAtMillis = nowMillis;
          unsaved.add(alert.labels);
        }
      }
    }
  }

  private void drop(ActiveAlert alert) {
    active.remove(alert.labels);
    unsaved.add(alert.labels);
  }
}
