package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.PromQL;
import io.tidemark.rules.AlertState;
import io.tidemark.rules.GroupView;
import io.tidemark.rules.Rule;
import io.tidemark.rules.RuleBoard;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`, in Prometheus' form.
public final class AlertingRoutes {
  private static final String NEVER = "0001-01-01T00:00:00Z";
  private final RuleBoard rules;

  public AlertingRoutes(RuleBoard rules) {
    this.rules = rules;
  }

  public void mount(Router router) {
    router.get("/api/v1/rules").handler(this::rules);
    router.get("/api/v1/alerts").handler(this::alerts);
    // The notifier is part of this process: there is no other Alertmanager.
    router.get("/api/v1/alertmanagers").handler(context -> success(context,
        new JsonObject().put("activeAlertmanagers", new JsonArray()).put("droppedAlertmanagers", new JsonArray())));
  }

  private void rules(RoutingContext context) {
    var parameters = new Parameters(context.request().params());
    String type = parameters.text("type").orElse("");
    if (!List.of("", "alert", "record").contains(type)) {
      Answers.failure(context, Parameters.invalid("type", "not supported value \"" + type + "\""));
      return;
    }
    Predicate<LabelSet> wantedLabels;
    try {
      wantedLabels = anyOf(Handling.ofParameter("match[]", () -> parameters.texts("match[]").stream().map(PromQL::parseSelector).toList()));
    } catch (TidemarkException e) {
      Answers.failure(context, e);
      return;
    }
    List<String> names = parameters.texts("rule_name[]");
    List<String> groupNames = parameters.texts("rule_group[]");
    List<String> files = parameters.texts("file[]");
    boolean withoutAlerts = parameters.flag("exclude_alerts");
    rules.groups().onSuccess(groups -> {
      var array = new JsonArray();
      for (GroupView group : groups) {
        boolean wanted = (groupNames.isEmpty() || groupNames.contains(group.group().name()))
            && (files.isEmpty() || files.contains(group.group().file()));
        var shown = new JsonArray();
        for (GroupView.RuleView rule : group.rules()) {
          boolean isAlert = rule.rule() instanceof Rule.Alerting;
          if (wanted && (type.isEmpty() || type.equals("alert") == isAlert) && (names.isEmpty() || names.contains(rule.rule().name()))
              && wantedLabels.test(LabelSet.of(rule.rule().labels()))) {
            shown.add(rule(rule, withoutAlerts));
          }
        }
        if (!shown.isEmpty()) {
          array.add(new JsonObject().put("name", group.group().name()).put("file", group.group().file()).put("rules", shown)
              .put("interval", group.group().intervalMillis() / 1000.0).put("limit", group.group().limit())
              .put("evaluationTime", group.evaluationNanos() / 1e9).put("lastEvaluation", time(group.lastEvaluationMillis())));
        }
      }
      success(context, new JsonObject().put("groups", array));
    }).onFailure(e -> Answers.failure(context, e));
  }

  /// Whether labels pass one of several selectors; all do when there is none.
  private static Predicate<LabelSet> anyOf(List<List<Matcher>> sets) {
    return sets.stream().map(TargetMetadata::passing).reduce(Predicate::or).orElse(_ -> true);
  }

  private static JsonObject rule(GroupView.RuleView view, boolean withoutAlerts) {
    var json = new JsonObject().put("name", view.rule().name()).put("query", view.rule().query());
    switch (view.rule()) {
      case Rule.Recording _ -> json.put("type", "recording");
      case Rule.Alerting alerting -> {
        json.put("type", "alerting").put("state", view.state().text()).put("duration", alerting.forMillis() / 1000.0)
            .put("keepFiringFor", alerting.keepFiringForMillis() / 1000.0).put("annotations", object(alerting.annotations()));
        var alerts = new JsonArray();
        if (!withoutAlerts) {
          view.alerts().forEach(alert -> alerts.add(alert(alert)));
        }
        json.put("alerts", alerts);
      }
    }
    json.put("labels", object(view.rule().labels())).put("health", view.health().text());
    if (!view.lastError().isEmpty()) {
      json.put("lastError", view.lastError());
    }
    return json.put("evaluationTime", view.evaluationNanos() / 1e9).put("lastEvaluation", time(view.lastEvaluationMillis()));
  }

  private void alerts(RoutingContext context) {
    rules.groups().onSuccess(groups -> {
      var array = new JsonArray();
      groups.stream().flatMap(group -> group.rules().stream()).flatMap(rule -> rule.alerts().stream())
          .forEach(alert -> array.add(alert(alert)));
      success(context, new JsonObject().put("alerts", array));
    }).onFailure(e -> Answers.failure(context, e));
  }

  private static JsonObject alert(GroupView.AlertView alert) {
    var json = new JsonObject().put("labels", object(alert.labels())).put("annotations", object(alert.annotations()))
        .put("state", alert.state() == AlertState.FIRING ? "firing" : "pending").put("activeAt", time(alert.activeAtMillis()))
        .put("value", alert.value());
    alert.keepFiringSinceMillis().ifPresent(since -> json.put("keepFiringSince", time(since)));
    return json;
  }

  private static JsonObject object(Map<String, String> map) {
    var json = new JsonObject();
    map.forEach(json::put);
    return json;
  }

  static JsonObject object(LabelSet labels) {
    return object(labels.toMap());
  }

  /// RFC 3339, or Go's zero time for never.
  static String time(long millis) {
    return millis == 0 ? NEVER : Instant.ofEpochMilli(millis).toString();
  }

  static void success(RoutingContext context, Object data) {
    Answers.json(context, 200, new JsonObject().put("status", "success").put("data", data).encode());
  }
}
