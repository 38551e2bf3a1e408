package io.tidemark.notify.receiver;

import io.tidemark.notify.Integration;
import io.tidemark.notify.Notification;
import io.tidemark.notify.Outcome;
import io.tidemark.notify.Texts;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Triggers and resolves one PagerDuty incident per alert group; the hash of the group key is its deduplication key.
/// Source: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ and its v1 counterpart.
final class Pagerduty implements Integration {
  private static final int SUMMARY_CHARS_MAX = 1024;
  private static final int EVENT_BYTES_MAX = 512_000;

  private final PagerdutyConfig config;
  private final HttpPoster http;
  private final Map<String, Texts.Text> texts = new LinkedHashMap<>();
  private final Map<String, Texts.Text> details = new LinkedHashMap<>();
  private final List<Map<String, Texts.Text>> images;
  private final List<Map<String, Texts.Text>> links;

  Pagerduty(PagerdutyConfig config, Texts parser, HttpPoster http) {
    this.config = config;
    this.http = http;
    config.texts().forEach((key, text) -> texts.put(key, parser.parse(text, fallback(key))));
    config.details().forEach((key, text) -> details.put(key, parser.parse(text, new Texts.Fallback.Summary())));
    images = parsed(config.images(), parser);
    links = parsed(config.links(), parser);
  }

  private static Texts.Fallback fallback(String key) {
    return switch (key) {
      case "description" -> new Texts.Fallback.Summary();
      case "severity" -> new Texts.Fallback.Fixed("error");
      default -> new Texts.Fallback.Fixed("Tidemark");
    };
  }

  private static List<Map<String, Texts.Text>> parsed(List<Map<String, String>> all, Texts parser) {
    return all.stream().map(one -> {
      var texts = new LinkedHashMap<String, Texts.Text>();
      one.forEach((key, text) -> texts.put(key, parser.parse(text, new Texts.Fallback.Fixed(""))));
      return (Map<String, Texts.Text>) texts;
    }).toList();
  }

  @Override
  public Future<Outcome> send(Notification notification) {
    boolean v1 = config.version() == PagerdutyConfig.Version.V1;
    JsonObject event = v1 ? eventV1(notification) : eventV2(notification);
    Buffer bytes = event.toBuffer();
    if (bytes.length() > EVENT_BYTES_MAX) {
      var note = new JsonObject().put("error", "The details were left out: with them the event is larger than the " + EVENT_BYTES_MAX
          + " bytes that PagerDuty takes.");
      if (v1) {
        event.put("details", note);
      } else {
        event.getJsonObject("payload").put("custom_details", note);
      }
      bytes = event.toBuffer();
    }
    return http.post(config.endpoint(), bytes, notification.idempotencyKey(), HttpPoster.TIMEOUT_MILLIS, this::judge);
  }

  JsonObject eventV2(Notification notification) {
    var payload = new JsonObject().put("summary", summary(notification));
    for (String key : List.of("source", "severity", "class", "component", "group")) {
      putText(payload, key, key, notification);
    }
    payload.put("custom_details", details(notification));
    var event = new JsonObject().put("routing_key", config.key().reveal()).put("event_action", action(notification))
        .put("dedup_key", notification.groupKeyHash());
    putText(event, "client", "client", notification);
    putText(event, "client_url", "client_url", notification);
    event.put("payload", payload);
    putList(event, "images", images, "src", notification);
    putList(event, "links", links, "href", notification);
    return event;
  }

  JsonObject eventV1(Notification notification) {
    String action = action(notification);
    var event = new JsonObject().put("service_key", config.key().reveal()).put("event_type", action)
        .put("incident_key", notification.groupKeyHash()).put("description", summary(notification));
    if (action.equals("trigger")) {
      putText(event, "client", "client", notification);
      putText(event, "client_url", "client_url", notification);
    }
    return event.put("details", details(notification));
  }

  private static String action(Notification notification) {
    return notification.firing().isEmpty() ? "resolve" : "trigger";
  }

  private String summary(Notification notification) {
    String text = texts.get("description").plain(notification);
    return text.length() > SUMMARY_CHARS_MAX ? text.substring(0, SUMMARY_CHARS_MAX - 1) + "…" : text;
  }

  private JsonObject details(Notification notification) {
    var json = new JsonObject();
    details.forEach((key, text) -> json.put(key, text.plain(notification)));
    return json;
  }

  private void putText(JsonObject json, String name, String key, Notification notification) {
    if (texts.containsKey(key)) {
      json.put(name, texts.get(key).plain(notification));
    }
  }

  /// Entries whose `needed` text is empty are left out, as PagerDuty would refuse them.
  private static void putList(JsonObject event, String name, List<Map<String, Texts.Text>> all, String needed,
      Notification notification) {
    var list = new JsonArray();
    for (Map<String, Texts.Text> one : all) {
      var json = new JsonObject();
      one.forEach((key, text) -> json.put(key, text.plain(notification)));
      if (!json.getString(needed, "").isEmpty()) {
        list.add(json);
      }
    }
    if (!list.isEmpty()) {
      event.put(name, list);
    }
  }

  /// Version 1 says 403 where it means "too many".
  private Outcome judge(HttpPoster.Reply reply) {
    String body = reply.body().replace(config.key().reveal(), "<secret>");
    var safe = new HttpPoster.Reply(reply.status(), body, reply.retryAfterMillis());
    if (reply.status() == 403 && config.version() == PagerdutyConfig.Version.V1) {
      return new Outcome.Retry("HTTP 403: " + HttpPoster.shortened(body), reply.retryAfterMillis());
    }
    return HttpPoster.byStatus(safe);
  }

  @Override
  public Future<Void> close() {
    return http.close();
  }
}
