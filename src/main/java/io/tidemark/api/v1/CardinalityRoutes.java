package io.tidemark.api.v1;

import io.tidemark.api.Answers;
import io.tidemark.collector.CardinalityView;
import io.tidemark.collector.CardinalityView.Name;
import io.tidemark.collector.CardinalityView.Quarantined;
import io.tidemark.collector.CardinalityView.Row;
import io.tidemark.collector.SeriesBudgets;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.MetricUse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;

/// `/api/v1/status/cardinality`: who brings how many series, who grows, who is over a budget, and a way to let more in. Described in
/// `docs/cardinality.md`.
public final class CardinalityRoutes {
  private static final int ROWS = 20;
  private static final int ROWS_MAX = 10_000;

  private final SeriesBudgets budgets;
  private final Optional<MetricUse> use;

  /// @param use missing in a process that answers no queries
  public CardinalityRoutes(SeriesBudgets budgets, Optional<MetricUse> use) {
    this.budgets = budgets;
    this.use = use;
  }

  public void mount(Router router) {
    router.get("/api/v1/status/cardinality").handler(this::ledger);
    router.post("/api/v1/status/cardinality/release").handler(this::release);
  }

  private static String parameter(RoutingContext context, String name) {
    return Optional.ofNullable(context.request().getParam(name)).orElse("");
  }

  private void ledger(RoutingContext context) {
    String service = parameter(context, "service");
    int rows;
    try {
      String limit = parameter(context, "limit");
      rows = limit.isEmpty() ? ROWS : Integer.parseInt(limit);
    } catch (NumberFormatException e) {
      rows = 0;
    }
    if (rows < 1 || rows > ROWS_MAX) {
      Answers.failure(context, new TidemarkException(ErrorCode.BAD_DATA, "limit must be a number from 1 to " + ROWS_MAX));
      return;
    }
    int rowsAsked = rows;
    context.response().putHeader("Cache-Control", "no-store");
    context.vertx().executeBlocking(() -> json(budgets.view(service, rowsAsked), use).encode(), false)
        .onSuccess(json -> Answers.json(context, 200, json)).onFailure(e -> Answers.failure(context, e));
  }

  private void release(RoutingContext context) {
    String service = parameter(context, "service");
    String metric = parameter(context, "metric");
    String label = parameter(context, "label");
    context.vertx().executeBlocking(() -> budgets.release(service, metric, label), false).onSuccess(released -> {
      if (released) {
        Answers.json(context, 200, new JsonObject().put("status", "success").encode());
      } else {
        Answers.failure(context, new TidemarkException(ErrorCode.NOT_FOUND, "nothing of service \"" + service + "\""
            + (metric.isEmpty() ? "" : ", metric \"" + metric + "\"") + (label.isEmpty() ? "" : ", label \"" + label + "\"")
            + " is in quarantine on this node; /api/v1/status/cardinality lists what is"));
      }
    }).onFailure(e -> Answers.failure(context, e));
  }

  static JsonObject json(CardinalityView view, Optional<MetricUse> use) {
    JsonArray metrics = rows(view.metrics());
    use.map(MetricUse::look).ifPresent(look -> metrics.stream().map(JsonObject.class::cast).forEach(row -> {
      String metric = row.getString("metric");
      look.lastMillis(metric).ifPresent(last -> row.put("lastUsed", last));
      row.put("unused", look.isUnused(metric));
    }));
    return new JsonObject().put("status", "success").put("data", new JsonObject().put("since", view.sinceMillis())
        .put("now", view.atMillis()).put("periodEnd", view.periodEndMillis()).put("node", json(view.node()))
        .put("usedSince", use.map(MetricUse::sinceMillis).orElse(null))
        .put("services", rows(view.services())).put("metrics", metrics).put("labels", rows(view.labels()))
        .put("quarantined", quarantined(view.quarantined())).put("ended", quarantined(view.ended())));
  }

  private static JsonArray rows(List<Row> rows) {
    var array = new JsonArray();
    rows.forEach(row -> array.add(json(row)));
    return array;
  }

  private static JsonObject json(Row row) {
    JsonObject json = named(row.name()).put("active", row.active()).put("budget", budget(row.budget())).put("state", state(row))
        .put("newInPeriod", row.newInPeriod());
    if (row.newInHour() >= 0) {
      json.put("newInHour", row.newInHour()).put("newInDay", row.newInDay());
    }
    if (!row.values().isEmpty()) {
      json.put("widestLabel", row.values());
    }
    return json;
  }

  private static String state(Row row) {
    // More than the budget without a refusal: with the action observe or sample.
    if (row.isOver() || row.active() > row.budget()) {
      return "over";
    }
    return row.active() >= row.budget() / 5 * 4 ? "near" : "ok";
  }

  private static Long budget(long budget) {
    return budget == Long.MAX_VALUE ? null : budget;
  }

  private static JsonObject named(Name name) {
    var json = new JsonObject();
    switch (name.kind()) {
      case NODE -> { }
      case SERVICE -> json.put("service", name.service());
      case METRIC -> json.put("service", name.service()).put("metric", name.metric());
      case LABEL -> json.put("service", name.service()).put("metric", name.metric()).put("label", name.label());
    }
    return json;
  }

  private static JsonArray quarantined(List<Quarantined> list) {
    var array = new JsonArray();
    for (Quarantined each : list) {
      array.add(new JsonObject().put("kind", each.name().kind().label()).mergeIn(named(each.name())).put("active", each.active())
          .put("budget", budget(each.budget())).put("since", each.sinceMillis()).put("last", each.lastMillis())
          .put("until", each.untilMillis()).put("refusedSamples", each.refusedSamples())
          .put("refusedSeries", each.refusedSeries() < 0 ? null : each.refusedSeries()).put("example", each.example()));
    }
    return array;
  }
}
