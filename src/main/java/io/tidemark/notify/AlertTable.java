package io.tidemark.notify;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// All alerts that are firing or were until lately. Belongs to one loop.
final class AlertTable {
  /// How long a resolved alert stays visible.
  static final long RESOLVED_KEPT_MILLIS = 15 * 60_000L;

  private final int alertsMax;
  private final Map<LabelSet, Alert> alerts = new LinkedHashMap<>();

  AlertTable(int alertsMax) {
    this.alertsMax = alertsMax;
  }

  /// Takes a new or repeated alert and gives what is known of it then; empty when the table is full.
  Optional<Alert> put(Alert alert, long nowMillis) {
    Alert known = alerts.get(alert.labels());
    if (known == null && alerts.size() >= alertsMax) {
      return Optional.empty();
    }
    Alert merged = known == null ? alert : merge(known, alert, nowMillis);
    alerts.put(alert.labels(), merged);
    return Optional.of(merged);
  }

  /// Two spans that overlap are one: it starts with the earlier, and of two that still fire it ends with the later. Everything else
  /// is as the newer says.
  private static Alert merge(Alert known, Alert newer, long nowMillis) {
    boolean overlap = newer.startsAtMillis() < known.endsAtMillis() && known.startsAtMillis() < newer.endsAtMillis();
    if (!overlap) {
      return newer;
    }
    long startsAt = Math.min(known.startsAtMillis(), newer.startsAtMillis());
    boolean bothFire = !newer.isResolvedAt(nowMillis) && !known.isResolvedAt(nowMillis);
    long endsAt = bothFire ? Math.max(known.endsAtMillis(), newer.endsAtMillis()) : newer.endsAtMillis();
    return new Alert(newer.labels(), newer.annotations(), startsAt, endsAt, newer.generatorUrl());
  }

  Optional<Alert> find(LabelSet labels) {
    return Optional.ofNullable(alerts.get(labels));
  }

  Collection<Alert> all() {
    return alerts.values();
  }

  int size() {
    return alerts.size();
  }

  /// Forgets what was resolved long ago.
  void sweep(long nowMillis) {
    alerts.values().removeIf(alert -> alert.endsAtMillis() <= nowMillis - RESOLVED_KEPT_MILLIS);
  }
}
