package io.tidemark.rules;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/// A group's view as JSON, the way it lies in the state for nodes that do not run the group. Templates are left out: who looks at a
/// rule never renders it.
final class GroupViewFormat {
  private GroupViewFormat() {}

  /// @param alertsMax most alerts of each rule; further ones are left out
  static byte[] encode(GroupView view, int alertsMax) {
    RuleGroup group = view.group();
    var rules = new JsonArray();
    view.rules().forEach(rule -> rules.add(rule(rule, alertsMax)));
    return new JsonObject().put("file", group.file()).put("name", group.name()).put("interval", group.intervalMillis())
        .put("limit", group.limit()).put("queryOffset", group.queryOffsetMillis()).put("evaluatedAt", view.lastEvaluationMillis())
        .put("nanos", view.evaluationNanos()).put("rules", rules).encode().getBytes(StandardCharsets.UTF_8);
  }

  private static JsonObject rule(GroupView.RuleView view, int alertsMax) {
    Rule rule = view.rule();
    var json = new JsonObject().put("name", rule.name()).put("query", rule.query()).put("labels", object(rule.labels()))
        .put("line", rule.place().line()).put("column", rule.place().column()).put("health", view.health().name())
        .put("error", view.lastError()).put("evaluatedAt", view.lastEvaluationMillis()).put("nanos", view.evaluationNanos());
    if (rule instanceof Rule.Alerting alerting) {
      var alerts = new JsonArray();
      view.alerts().stream().limit(alertsMax).forEach(alert -> alerts.add(alert(alert)));
      json.put("for", alerting.forMillis()).put("keepFiringFor", alerting.keepFiringForMillis())
          .put("annotations", object(alerting.annotations())).put("alerts", alerts);
    }
    return json;
  }

  private static JsonObject alert(GroupView.AlertView alert) {
    var json = new JsonObject().put("labels", object(alert.labels().toMap())).put("annotations", object(alert.annotations().toMap()))
        .put("state", alert.state().name()).put("activeAt", alert.activeAtMillis()).put("value", alert.value());
    alert.keepFiringSinceMillis().ifPresent(since -> json.put("keepFiringSince", since));
    return json;
  }

  private static JsonObject object(Map<String, String> map) {
    var json = new JsonObject();
    map.forEach(json::put);
    return json;
  }

  /// @param key where the bytes were, for messages
  /// @throws TidemarkException `CORRUPT` for anything but what `encode` gives
  static GroupView decode(String key, byte[] bytes) {
    try {
      var json = new JsonObject(new String(bytes, StandardCharsets.UTF_8));
      var views = new ArrayList<GroupView.RuleView>();
      json.getJsonArray("rules").forEach(rule -> views.add(rule((JsonObject) rule)));
      var group = new RuleGroup(json.getString("file"), json.getString("name"), json.getLong("interval"), json.getInteger("limit"),
          json.getLong("queryOffset"), views.stream().map(GroupView.RuleView::rule).toList());
      return new GroupView(group, views, json.getLong("evaluatedAt"), json.getLong("nanos"));
    } catch (RuntimeException e) {
      throw new TidemarkException(ErrorCode.CORRUPT, "state key " + key + ": not a rule group's view: " + e.getMessage()
          + "; it is written anew with the group's next evaluation", e);
    }
  }

  private static GroupView.RuleView rule(JsonObject json) {
    var place = new Rule.Place(json.getInteger("line"), json.getInteger("column"));
    Map<String, String> labels = map(json.getJsonObject("labels"));
    JsonArray shown = json.getJsonArray("alerts");
    Rule rule = shown == null ? new Rule.Recording(json.getString("name"), json.getString("query"), labels, place)
        : new Rule.Alerting(json.getString("name"), json.getString("query"), json.getLong("for"), json.getLong("keepFiringFor"), labels,
            map(json.getJsonObject("annotations")), new Rule.Texts(Map.of(), Map.of()), place);
    List<GroupView.AlertView> alerts = shown == null ? List.of() : shown.stream().map(alert -> alert((JsonObject) alert)).toList();
    return new GroupView.RuleView(rule, RuleHealth.valueOf(json.getString("health")), json.getString("error"),
        json.getLong("evaluatedAt"), json.getLong("nanos"), alerts);
  }

  private static GroupView.AlertView alert(JsonObject json) {
    Long since = json.getLong("keepFiringSince");
    return new GroupView.AlertView(labels(json.getJsonObject("labels")), labels(json.getJsonObject("annotations")),
        AlertState.valueOf(json.getString("state")), json.getLong("activeAt"), json.getString("value"),
        since == null ? OptionalLong.empty() : OptionalLong.of(since));
  }

  private static LabelSet labels(JsonObject json) {
    return LabelSet.of(new TreeMap<>(map(json)));
  }

  private static Map<String, String> map(JsonObject json) {
    var map = new LinkedHashMap<String, String>();
    json.forEach(entry -> map.put(entry.getKey(), (String) entry.getValue()));
    return map;
  }
}
