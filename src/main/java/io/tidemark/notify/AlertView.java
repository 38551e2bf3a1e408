package io.tidemark.notify;

import io.tidemark.model.Alert;
import java.util.List;

/// An alert as people look at it.
///
/// @param fingerprint 16 hexadecimal digits, as Alertmanager shows it
/// @param receivers   where it is routed to
/// @param silencedBy  ids of the silences that keep it quiet
/// @param inhibitedBy fingerprints of the alerts that keep it quiet
public record AlertView(Alert alert, String fingerprint, boolean isResolved, List<String> receivers, List<String> silencedBy,
    List<String> inhibitedBy) {
  /// Alertmanager's word for it: `active` or `suppressed`.
  public String state() {
    return silencedBy.isEmpty() && inhibitedBy.isEmpty() ? "active" : "suppressed";
  }
}
