package io.tidemark.notify;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Holds back, for a while after the start, alerts that are over when they are first heard of.
///
/// After a long stop the replayed word of a firing alert has run out, though the alert may fire on: the sender could not repeat it.
/// Telling that end at once would be a false all-clear, and the next repeat a second page. So senders get time to repeat first; what
/// they do not repeat is over indeed. Belongs to one loop.
final class EarlyEnds {
  /// Twice the time after which the rules repeat a firing alert.
  static final long GRACE_MILLIS = 2 * 60_000L;

  private final long untilMillis;
  private final int alertsMax;
  private final Map<LabelSet, Alert> held = new LinkedHashMap<>();

  EarlyEnds(long openedAtMillis, int alertsMax) {
    this.untilMillis = openedAtMillis + GRACE_MILLIS;
    this.alertsMax = alertsMax;
  }

  /// Whether `alert` is held back; one that fires takes its earlier end back.
  boolean holds(Alert alert, boolean known, long nowMillis) {
    held.remove(alert.labels());
    if (known || nowMillis >= untilMillis || !alert.isResolvedAt(nowMillis) || held.size() >= alertsMax) {
      return false;
    }
    held.put(alert.labels(), alert);
    return true;
  }

  /// Everything that is still held, to be told now.
  List<Alert> release() {
    List<Alert> ends = List.copyOf(held.values());
    held.clear();
    return ends;
  }
}
