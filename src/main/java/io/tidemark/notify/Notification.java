package io.tidemark.notify;

import io.tidemark.model.LabelSet;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// What one integration is to tell about one alert group.
///
/// @param alerts      at least one, ordered by job, instance and labels
/// @param externalUrl where people reach this engine, without a slash at the end
/// @param atMillis    when the group was flushed
/// @param idempotencyKey the same when this notification is sent again because nobody knows whether it arrived
public record Notification(String groupKey, String receiver, LabelSet groupLabels, List<NotifiedAlert> alerts, String externalUrl,
    long atMillis, String idempotencyKey) {
  public Notification {
    alerts = List.copyOf(alerts);
  }

  public List<NotifiedAlert> firing() {
    return alerts.stream().filter(alert -> !alert.isResolved()).toList();
  }

  public List<NotifiedAlert> resolved() {
    return alerts.stream().filter(NotifiedAlert::isResolved).toList();
  }

  /// `firing` while at least one alert is.
  public String status() {
    return firing().isEmpty() ? "resolved" : "firing";
  }

  /// The labels that all alerts have with the same value.
  public LabelSet commonLabels() {
    return common(alerts.stream().map(NotifiedAlert::labels).toList());
  }

  /// The annotations that all alerts have with the same value.
  public LabelSet commonAnnotations() {
    return common(alerts.stream().map(alert -> alert.alert().annotations()).toList());
  }

  private static LabelSet common(List<LabelSet> sets) {
    if (sets.isEmpty()) {
      return LabelSet.EMPTY;
    }
    Map<String, String> common = sets.getFirst().toMap();
    for (LabelSet set : sets) {
      common.entrySet().removeIf(entry -> !set.value(entry.getKey()).equals(entry.getValue()));
    }
    return LabelSet.of(common);
  }

  /// The SHA-256 of the group key in hexadecimal: the same for every notification of a group, so that services which
  /// deduplicate see one incident.
  public String groupKeyHash() {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(groupKey.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
