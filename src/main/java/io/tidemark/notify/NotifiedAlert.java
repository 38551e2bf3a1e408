package io.tidemark.notify;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import java.util.Comparator;

/// One alert in a notification, its status fixed at the moment the group was flushed.
///
/// @param fingerprint Alertmanager's 64-bit identity of its labels
public record NotifiedAlert(Alert alert, boolean isResolved, long fingerprint) {
  /// By job, then instance, then all labels, as Alertmanager orders a message.
  static final Comparator<NotifiedAlert> ORDER = Comparator.<NotifiedAlert, String>comparing(a -> a.labels().value("job"))
      .thenComparing(a -> a.labels().value("instance")).thenComparing(NotifiedAlert::labels);

  static NotifiedAlert at(long nowMillis, Alert alert) {
    return new NotifiedAlert(alert, alert.isResolvedAt(nowMillis), Fingerprint.of(alert.labels()));
  }

  public LabelSet labels() {
    return alert.labels();
  }

  /// `firing` or `resolved`.
  public String status() {
    return isResolved ? "resolved" : "firing";
  }

  /// The fingerprint as 16 hexadecimal digits.
  public String fingerprintText() {
    return Fingerprint.print(fingerprint);
  }
}
