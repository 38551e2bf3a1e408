package io.tidemark.notify.receiver;

import io.tidemark.notify.Integration;
import io.tidemark.notify.Notification;
import io.tidemark.notify.Outcome;
import io.tidemark.notify.Texts;
import io.vertx.core.Future;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Posts one message with one attachment to a Slack webhook (or to a service that takes the same).
/// Source: https://api.slack.com/reference/messaging/attachments.
final class Slack implements Integration {
  /// Keys that stand beside the attachment; all others stand in it.
  private static final List<String> OUTSIDE = List.of("channel", "username", "icon_emoji", "icon_url");
  private static final List<String> FOR_PEOPLE = List.of("title", "fallback");
  private static final int TITLE_CHARS_MAX = 1024;

  private record Field(Texts.Text title, Texts.Text value, boolean isShort) {}

  private final SlackConfig config;
  private final HttpPoster http;
  private final Map<String, Texts.Text> texts = new LinkedHashMap<>();
  private final List<Field> fields;
  private final List<Map<String, Texts.Text>> actions;

  Slack(SlackConfig config, Texts parser, HttpPoster http) {
    this.config = config;
    this.http = http;
    config.texts().forEach((key, text) -> texts.put(key, parser.parse(text, fallback(key))));
    fields = config.fields().stream().map(field -> new Field(parser.parse(field.title(), new Texts.Fallback.Summary()),
        parser.parse(field.value(), new Texts.Fallback.Summary()), field.isShort())).toList();
    actions = config.actions().stream().map(action -> {
      var parsed = new LinkedHashMap<String, Texts.Text>();
      action.forEach((key, text) -> parsed.put(key, parser.parse(text, new Texts.Fallback.Fixed(""))));
      return (Map<String, Texts.Text>) parsed;
    }).toList();
  }

  /// The title and the fallback line must say what happens; a broken text says at least why it is broken; of the rest nothing is better
  /// than something wrong.
  private static Texts.Fallback fallback(String key) {
    return FOR_PEOPLE.contains(key) || key.equals("text") || key.equals("pretext") ? new Texts.Fallback.Summary()
        : new Texts.Fallback.Fixed(key.equals("color") ? "danger" : "");
  }

  @Override
  public Future<Outcome> send(Notification notification) {
    return http.post(config.endpoint(), message(notification).toBuffer(), notification.idempotencyKey(), HttpPoster.TIMEOUT_MILLIS,
        Slack::judge);
  }

  JsonObject message(Notification notification) {
    var message = new JsonObject();
    var attachment = new JsonObject();
    texts.forEach((key, template) -> {
      String text = template.plain(notification);
      if (key.equals("title")) {
        text = text.length() > TITLE_CHARS_MAX ? text.substring(0, TITLE_CHARS_MAX - 1) + "…" : text;
      }
      if (!text.isEmpty()) {
        (OUTSIDE.contains(key) ? message : attachment).put(key, text);
      }
    });
    if (!fields.isEmpty()) {
      var list = new JsonArray();
      fields.forEach(field -> list.add(new JsonObject().put("title", field.title.plain(notification))
          .put("value", field.value.plain(notification)).put("short", field.isShort)));
      attachment.put("fields", list);
    }
    if (!actions.isEmpty()) {
      var list = new JsonArray();
      actions.forEach(action -> {
        var json = new JsonObject();
        action.forEach((key, text) -> json.put(key, text.plain(notification)));
        list.add(json);
      });
      attachment.put("actions", list);
    }
    attachment.put("mrkdwn_in", new JsonArray(config.markdownIn()));
    if (config.linkNames()) {
      message.put("link_names", true);
    }
    return message.put("attachments", new JsonArray().add(attachment));
  }

  /// Slack may answer 200 with `{"ok": false, "error": …}`.
  private static Outcome judge(HttpPoster.Reply reply) {
    if (reply.status() == 200 && reply.body().startsWith("{")) {
      try {
        var json = new JsonObject(reply.body());
        if (json.getValue("ok") instanceof Boolean ok && !ok) {
          return new Outcome.Rejected("Slack: " + HttpPoster.shortened(String.valueOf(json.getValue("error"))));
        }
      } catch (DecodeException _) {
        // Not Slack's own service; its status says enough.
        return HttpPoster.byStatus(reply);
      }
    }
    return HttpPoster.byStatus(reply);
  }

  @Override
  public Future<Void> close() {
    return http.close();
  }
}
