package io.tidemark.api.v1;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiParts;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.ActiveQuery;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryEstimate;
import io.tidemark.query.QueryRequest;
import io.tidemark.time.Clock;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;

/// `/v1/queries`: what this process is asked just now, with a way to stop it, and what a query would cost. In `docs/queries.md`.
public final class RunningQueryRoutes {
  private final QueryEngine engine;
  private final WorkerExecutor workers;
  private final Clock clock;

  public RunningQueryRoutes(ApiParts.QueryParts parts, Clock clock) {
    engine = parts.engine();
    workers = parts.workers();
    this.clock = clock;
  }

  public void mount(Router router) {
    router.get("/v1/queries").handler(this::list);
    router.delete("/v1/queries/:id").handler(this::cancel);
    router.get("/v1/queries/explain").handler(this::explain);
    router.post("/v1/queries/explain").handler(this::explain);
  }

  private void list(RoutingContext context) {
    context.response().putHeader("Cache-Control", "no-store");
    workers.executeBlocking(() -> json(engine.active(), clock.millis()).encode(), false)
        .onSuccess(json -> Answers.json(context, 200, json)).onFailure(e -> Answers.failure(context, e));
  }

  static JsonObject json(List<ActiveQuery> active, long nowMillis) {
    var queries = new JsonArray();
    for (ActiveQuery query : active) {
      QueryRequest request = query.request();
      Optional<QueryEstimate> estimate = query.estimate();
      queries.add(new JsonObject().put("id", query.id()).put("query", query.text()).put("principal", request.principal())
          .put("state", query.running() ? "running" : "waiting").put("startedAt", query.startMillis())
          .put("ageMillis", Math.max(0, nowMillis - query.startMillis())).put("start", request.startMillis())
          .put("end", request.endMillis()).put("step", request.stepMillis()).put("samples", query.samples())
          .put("series", query.series()).put("memoryBytes", query.bytes())
          .put("estimate", estimate.map(RunningQueryRoutes::json).orElse(null))
          .put("progress", estimate.map(total -> progress(query.samples(), total)).orElse(null)));
    }
    return success(new JsonObject().put("queries", queries));
  }

  private static JsonObject success(JsonObject data) {
    return new JsonObject().put("status", "success").put("data", data);
  }

  /// Of 1, and never quite 1 while it runs: what it would read is an estimate.
  private static double progress(long samples, QueryEstimate total) {
    return total.samples() == 0 ? 0 : Math.min(0.99, Math.floor(100.0 * samples / total.samples()) / 100);
  }

  private static JsonObject json(QueryEstimate estimate) {
    return new JsonObject().put("samples", estimate.samples()).put("series", estimate.series()).put("values", estimate.points())
        .put("bytes", estimate.bytes()).put("whole", estimate.isWhole());
  }

  private void cancel(RoutingContext context) {
    String text = context.pathParam("id");
    Optional<ActiveQuery> found = engine.active().stream().filter(query -> String.valueOf(query.id()).equals(text)).findFirst();
    if (found.isEmpty()) {
      Answers.failure(context, new TidemarkException(ErrorCode.NOT_FOUND,
          "no query \"" + text + "\" runs or waits on this node"));
      return;
    }
    found.get().cancel();
    Answers.json(context, 200, success(new JsonObject().put("id", found.get().id())).encode());
  }

  private void explain(RoutingContext context) {
    QueryRequest request;
    try {
      String query = Optional.ofNullable(context.request().getParam("query")).orElse("");
      long now = clock.millis();
      request = new QueryRequest(query, millis(context, "start", millis(context, "time", now)),
          millis(context, "end", millis(context, "time", now)), millis(context, "step", 0), 0, 0, true);
    } catch (NumberFormatException e) {
      Answers.failure(context, new TidemarkException(ErrorCode.BAD_DATA,
          "time, start, end and step are numbers of seconds here: " + e.getMessage(), e));
      return;
    }
    engine.explain(request).onSuccess(explained -> Answers.json(context, 200, success(json(explained.estimate())
        .put("plan", explained.plan())).encode())).onFailure(e -> Answers.failure(context, e));
  }

  private static long millis(RoutingContext context, String name, long without) {
    String text = context.request().getParam(name);
    return text == null ? without : Math.round(Double.parseDouble(text) * 1000);
  }
}
