package io.tidemark.notify.receiver;

import io.tidemark.model.LabelSet;
import io.tidemark.notify.Integration;
import io.tidemark.notify.NotifiedAlert;
import io.tidemark.notify.Notification;
import io.tidemark.notify.Outcome;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;

/// Posts the whole notification as Alertmanager's webhook message, version 4.
/// Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
final class Webhook implements Integration {
  /// How Alertmanager writes the end of an alert that has not ended.
  private static final String NO_END = "0001-01-01T00:00:00Z";

  private final WebhookConfig config;
  private final HttpPoster http;

  Webhook(WebhookConfig config, HttpPoster http) {
    this.config = config;
    this.http = http;
  }

  @Override
  public Future<Outcome> send(Notification notification) {
    return http.post(config.endpoint(), message(notification, config.maxAlerts()).toBuffer(), notification.idempotencyKey(),
        config.timeoutMillis(), HttpPoster::byStatus);
  }

  static JsonObject message(Notification notification, int maxAlerts) {
    List<NotifiedAlert> alerts = notification.alerts();
    int kept = maxAlerts == 0 ? alerts.size() : Math.min(maxAlerts, alerts.size());
    var texts = new JsonArray();
    alerts.subList(0, kept).forEach(alert -> texts.add(alert(alert)));
    return new JsonObject()
        .put("receiver", notification.receiver())
        .put("status", notification.status())
        .put("alerts", texts)
        .put("groupLabels", labels(notification.groupLabels()))
        .put("commonLabels", labels(notification.commonLabels()))
        .put("commonAnnotations", labels(notification.commonAnnotations()))
        .put("externalURL", notification.externalUrl())
        .put("version", "4")
        .put("groupKey", notification.groupKey())
        .put("truncatedAlerts", alerts.size() - kept);
  }

  private static JsonObject alert(NotifiedAlert told) {
    return new JsonObject()
        .put("status", told.status())
        .put("labels", labels(told.labels()))
        .put("annotations", labels(told.alert().annotations()))
        .put("startsAt", time(told.alert().startsAtMillis()))
        .put("endsAt", told.isResolved() ? time(told.alert().endsAtMillis()) : NO_END)
        .put("generatorURL", told.alert().generatorUrl())
        .put("fingerprint", told.fingerprintText());
  }

  private static JsonObject labels(LabelSet labels) {
    var json = new JsonObject();
    for (int i = 0; i < labels.count(); i++) {
      json.put(labels.name(i), labels.value(i));
    }
    return json;
  }

  /// RFC 3339 without trailing zeros in the fraction, as Go writes it.
  private static String time(long millis) {
    String text = Instant.ofEpochMilli(millis).toString();
    return text.contains(".") ? text.replaceFirst("0+Z$", "Z") : text;
  }

  @Override
  public Future<Void> close() {
    return http.close();
  }
}
