package io.tidemark.cli.demo;

import io.tidemark.time.Clock;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.WebClient;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Tells what happens, line by line, as anybody could see it through the engine's API: samples that change, alerts that go from
/// pending to firing to resolved, notifications that arrive.
final class Story {
  private static final long LOOK_MILLIS = 200;
  private static final long NOTIFICATIONS_MILLIS = 10;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

  private final WebClient client;
  private final String url;
  private final Clock clock;
  private final Consumer<String> print;
  private final String watched;
  private final Map<String, String> samples = new HashMap<>();
  private final Map<String, String> alerts = new HashMap<>();
  private String trouble = "";
  /// Nothing is told any more.
  private volatile boolean over;

  private Story(Vertx vertx, String url, String watched, Clock clock, Consumer<String> print) {
    this.watched = watched;
    this.client = WebClient.create(vertx);
    this.url = url;
    this.clock = clock;
    this.print = print;
  }

  /// Tells on an event loop of `vertx`, from now on until what is returned is closed.
  ///
  /// @param url           the engine's address
  /// @param watched       a query; each change of one of its values is told
  /// @param notifications what the webhook received and nobody has told yet
  static AutoCloseable tell(Vertx vertx, String url, String watched, Clock clock, Consumer<String> print,
      Queue<JsonObject> notifications) {
    var story = new Story(vertx, url, watched, clock, print);
    vertx.runOnContext(_ -> {
      vertx.setPeriodic(LOOK_MILLIS, _ -> story.look());
      vertx.setPeriodic(NOTIFICATIONS_MILLIS, _ -> {
        for (JsonObject next = notifications.poll(); next != null; next = notifications.poll()) {
          story.notified(next);
        }
      });
    });
    return () -> story.over = true;
  }

  /// A trouble that stays is told once.
  private void trouble(String text) {
    if (!text.equals(trouble)) {
      trouble = text;
      line("trouble", text);
    }
  }

  private void line(String kind, String text) {
    if (!over) {
      print.accept(line(clock, kind, text));
    }
  }

  /// A line of a story: the time, what kind of event, and the event.
  static String line(Clock clock, String kind, String text) {
    return TIME.format(Instant.ofEpochMilli(clock.millis())) + "  " + String.format("%-13s", kind) + text;
  }

  private void look() {
    if (over) {
      return;
    }
    client.getAbs(url + "/api/v1/query").addQueryParam("query", watched).send()
        .onSuccess(answer -> samples(answer.bodyAsJsonObject())).onFailure(e -> trouble("query failed: " + e.getMessage()));
    client.getAbs(url + "/api/v1/alerts").send()
        .onSuccess(answer -> alerts(answer.bodyAsJsonObject())).onFailure(e -> trouble("alerts failed: " + e.getMessage()));
  }

  private void samples(JsonObject answer) {
    if (!answer.getString("status", "").equals("success")) {
      trouble("query refused: " + answer.getString("error"));
      return;
    }
    trouble = "";
    for (Object item : answer.getJsonObject("data").getJsonArray("result")) {
      JsonObject series = (JsonObject) item;
      JsonObject metric = series.getJsonObject("metric");
      JsonArray point = series.getJsonArray("value");
      String name = metric.getString("__name__", "")
          + (metric.containsKey("instance") ? "{instance=\"" + metric.getString("instance") + "\"}" : "");
      String before = samples.put(name, point.getString(1));
      if (before != null && !before.equals(point.getString(1))) {
        line("sample", name + " went from " + before + " to " + point.getString(1));
      }
    }
  }

  private void alerts(JsonObject answer) {
    if (!answer.getString("status", "").equals("success")) {
      trouble("alerts refused: " + answer.getString("error"));
      return;
    }
    Set<String> gone = new TreeSet<>(alerts.keySet());
    for (Object item : answer.getJsonObject("data").getJsonArray("alerts")) {
      JsonObject alert = (JsonObject) item;
      JsonObject labels = alert.getJsonObject("labels");
      String name = labels.getString("alertname") + where(labels);
      String state = alert.getString("state");
      gone.remove(name);
      if (!state.equals(alerts.put(name, state))) {
        line(state, name + ": " + alert.getJsonObject("annotations").getString("summary", ""));
      }
    }
    for (String name : gone) {
      if ("firing".equals(alerts.remove(name))) {
        line("resolved", name);
      }
    }
  }

  private static String where(JsonObject labels) {
    return labels.containsKey("region") ? " in " + labels.getString("region")
        : labels.containsKey("instance") ? " at " + labels.getString("instance") : "";
  }

  private void notified(JsonObject notification) {
    for (Object item : notification.getJsonArray("alerts")) {
      JsonObject alert = (JsonObject) item;
      JsonObject labels = alert.getJsonObject("labels");
      long since = ChronoUnit.MILLIS.between(Instant.parse(alert.getString("startsAt")), Instant.ofEpochMilli(clock.millis()));
      line("notified", notification.getString("receiver") + " was told that " + labels.getString("alertname") + where(labels) + " is "
          + alert.getString("status") + (alert.getString("status").equals("firing") ? ", " + since + " ms after it began to fire" : ""));
    }
  }
}
