package io.tidemark.notify;

import io.tidemark.template.GoTime;
import io.tidemark.template.KeyValues;
import io.tidemark.template.TemplateObject;
import java.util.AbstractList;
import java.util.List;
import java.util.Optional;

/// A notification as templates see it: Alertmanager's `Data`.
/// Source: https://prometheus.io/docs/alerting/latest/notifications/.
final class MessageData implements TemplateObject {
  /// Go's zero time, which stands for "not ended".
  private static final long ZERO_TIME_MILLIS = -62_135_596_800_000L;

  private final Notification notification;

  MessageData(Notification notification) {
    this.notification = notification;
  }

  @Override
  public Optional<Object> member(String name, List<Object> arguments) {
    return switch (name) {
      case "Receiver" -> Optional.of(notification.receiver());
      case "Status" -> Optional.of(notification.status());
      case "Alerts" -> Optional.of(new Alerts(notification.alerts()));
      case "GroupLabels" -> Optional.of(KeyValues.of(notification.groupLabels()));
      case "CommonLabels" -> Optional.of(KeyValues.of(notification.commonLabels()));
      case "CommonAnnotations" -> Optional.of(KeyValues.of(notification.commonAnnotations()));
      case "ExternalURL" -> Optional.of(notification.externalUrl());
      case "GroupKey" -> Optional.of(notification.groupKey());
      default -> Optional.empty();
    };
  }

  @Override
  public String typeName() {
    return "*template.Data";
  }

  /// A list of alerts that also has `Firing` and `Resolved`.
  private static final class Alerts extends AbstractList<Object> implements TemplateObject {
    private final List<NotifiedAlert> alerts;

    Alerts(List<NotifiedAlert> alerts) {
      this.alerts = alerts;
    }

    @Override
    public Object get(int index) {
      return new One(alerts.get(index));
    }

    @Override
    public int size() {
      return alerts.size();
    }

    @Override
    public Optional<Object> member(String name, List<Object> arguments) {
      return switch (name) {
        case "Firing" -> Optional.of(only(false));
        case "Resolved" -> Optional.of(only(true));
        default -> Optional.empty();
      };
    }

    private Alerts only(boolean resolved) {
      return new Alerts(alerts.stream().filter(alert -> alert.isResolved() == resolved).toList());
    }

    @Override
    public String typeName() {
      return "template.Alerts";
    }
  }

  private record One(NotifiedAlert told) implements TemplateObject {
    @Override
    public Optional<Object> member(String name, List<Object> arguments) {
      return switch (name) {
        case "Status" -> Optional.of(told.status());
        case "Labels" -> Optional.of(KeyValues.of(told.labels()));
        case "Annotations" -> Optional.of(KeyValues.of(told.alert().annotations()));
        case "StartsAt" -> Optional.of(GoTime.ofMillis(told.alert().startsAtMillis()));
        case "EndsAt" -> Optional.of(GoTime.ofMillis(told.isResolved() ? told.alert().endsAtMillis() : ZERO_TIME_MILLIS));
        case "GeneratorURL" -> Optional.of(told.alert().generatorUrl());
        case "Fingerprint" -> Optional.of(told.fingerprintText());
        default -> Optional.empty();
      };
    }

    @Override
    public String typeName() {
      return "template.Alert";
    }
  }
}
