package io.tidemark.notify;

import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import java.util.Comparator;

/// One alert in a notification, its status fixed at the moment the group was flushed.
///
/// @param fingerprint Alertmanager's 64-bit identity of its labels
public record NotifiedAlert(Alert alert, boolean isResolved, long fingerprint) {
  private static final Comparator<String> MISSING_LAST = Comparator.comparing(String::isEmpty).thenComparing(Comparator.naturalOrder());
  /// By job, then instance, alerts without one last; then fewer labels first, then all labels. It decides what `max_alerts` keeps.
  /// Source: Alertmanager's `AlertSlice.Less`.
  static final Comparator<NotifiedAlert> ORDER = Comparator.<NotifiedAlert, String>comparing(a -> a.labels().value("job"), MISSING_LAST)
      .thenComparing(a -> a.labels().value("instance"), MISSING_LAST).thenComparing(NotifiedAlert::labels, NotifiedAlert::compare);

  static NotifiedAlert at(long nowMillis, Alert alert) {
    return new NotifiedAlert(alert, alert.isResolvedAt(nowMillis), Fingerprint.of(alert.labels()));
  }

  /// Of two sets of the same size, the one that has the first name that the other has not comes last. Source: prometheus/common
  /// `LabelSet.Before`.
  private static int compare(LabelSet a, LabelSet b) {
    int order = Integer.compare(a.count(), b.count());
    for (int i = 0; order == 0 && i < a.count(); i++) {
      order = b.name(i).compareTo(a.name(i));
      if (order == 0) {
        order = a.value(i).compareTo(b.value(i));
      }
    }
    return order;
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
