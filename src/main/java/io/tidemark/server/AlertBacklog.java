package io.tidemark.server;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a restart reads again, reduced to what still matters: of each alert the last two words, so that it is known to have fired when
/// its end is told. Bounded by the number of alerts, not by the length of the log. Belongs to one loop.
final class AlertBacklog {
  private record Words(Optional<Alert> before, Alert last) {}

  private final Map<LabelSet, Words> alerts = new LinkedHashMap<>();

  void add(List<Alert> batch) {
    for (Alert alert : batch) {
      Words known = alerts.remove(alert.labels());
      alerts.put(alert.labels(), new Words(Optional.ofNullable(known).map(Words::last), alert));
    }
  }

  /// All that was added, oldest word first. Whoever takes it must not act between the two words of an alert.
  List<Alert> take() {
    var all = new ArrayList<Alert>();
    alerts.values().forEach(words -> words.before.ifPresent(all::add));
    alerts.values().forEach(words -> all.add(words.last));
    alerts.clear();
    return all;
  }
}
