package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.NodeStatus;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `/api/v1/status/…`, in Prometheus' form.
public final class StatusRoutes {
  /// Of each list of `/api/v1/status/tsdb`.
  private static final int ROWS = 10;
  private static final int ROWS_MAX = 10_000;

  private final NodeStatus status;
  private final Clock clock;

  public StatusRoutes(NodeStatus status, Clock clock) {
    this.status = status;
    this.clock = clock;
  }

  public void mount(Router router) {
    router.get("/api/v1/status/buildinfo").handler(context -> AlertingRoutes.success(context, new JsonObject()
        .put("version", status.version()).put("application", "tidemark").put("revision", "").put("branch", "").put("buildUser", "")
        .put("buildDate", "").put("goVersion", "Java " + Runtime.version())));
    router.get("/api/v1/status/runtimeinfo").handler(context -> AlertingRoutes.success(context, new JsonObject()
        .put("startTime", AlertingRoutes.time(status.startedAtMillis())).put("CWD", Path.of("").toAbsolutePath().toString())
        .put("reloadConfigSuccess", status.reloadedWell())
        .put("lastConfigTime", AlertingRoutes.time(status.configuredAtMillis())).put("corruptionCount", 0)
        .put("storageRetention", status.retention()).put("goroutineCount", Thread.activeCount())
        .put("GOMAXPROCS", Runtime.getRuntime().availableProcessors()).put("GOMEMLIMIT", Runtime.getRuntime().maxMemory())
        .put("GOGC", "").put("GODEBUG", "")
        .put("hostname", Optional.ofNullable(System.getenv("HOSTNAME")).orElse(""))
        .put("serverTime", AlertingRoutes.time(clock.millis()))));
    // The node listens once its log has been replayed.
    router.get("/api/v1/status/walreplay").handler(context -> AlertingRoutes.success(context,
        new JsonObject().put("min", 0).put("max", 0).put("current", 0)));
    router.get("/api/v1/status/config").handler(
        context -> AlertingRoutes.success(context, new JsonObject().put("yaml", status.maskedConfig())));
    router.get("/api/v1/status/flags").handler(context -> AlertingRoutes.success(context, status.flags()));
    router.get("/api/v1/status/tsdb").handler(this::tsdb);
    // What Prometheus tells its own page about itself; here the log and /metrics tell it.
    router.get("/api/v1/notifications").handler(context -> AlertingRoutes.success(context, new JsonArray()));
  }

  private void tsdb(RoutingContext context) {
    int rows;
    try {
      rows = rows(new Parameters(context.request().params()));
    } catch (TidemarkException e) {
      Answers.failure(context, e);
      return;
    }
    context.vertx().executeBlocking(() -> tsdb(rows), false)
        .onSuccess(tsdb -> AlertingRoutes.success(context, tsdb)).onFailure(e -> Answers.failure(context, e));
  }

  private static int rows(Parameters parameters) {
    String text = parameters.text("limit").orElse(String.valueOf(ROWS));
    try {
      int rows = Integer.parseInt(text);
      if (rows > ROWS_MAX) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "limit must not exceed " + ROWS_MAX);
      }
      if (rows > 0) {
        return rows;
      }
    } catch (NumberFormatException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "limit must be a positive number", e);
    }
    throw new TidemarkException(ErrorCode.BAD_DATA, "limit must be a positive number");
  }

  private JsonObject tsdb(int rows) {
    NodeStatus.Tsdb tsdb = status.tsdb(rows);
    return new JsonObject()
        .put("headStats", new JsonObject().put("numSeries", tsdb.series()).put("numLabelPairs", tsdb.labelPairs())
            .put("chunkCount", tsdb.chunks()).put("minTime", tsdb.minMillis()).put("maxTime", tsdb.maxMillis()))
        .put("seriesCountByMetricName", counts(tsdb.seriesByMetric()))
        .put("labelValueCountByLabelName", counts(tsdb.valuesByLabel()))
        .put("memoryInBytesByLabelName", counts(tsdb.bytesByLabel()))
        .put("seriesCountByLabelValuePair", counts(tsdb.seriesByPair()));
  }

  private static JsonArray counts(List<NodeStatus.Count> counts) {
    var array = new JsonArray();
    counts.forEach(count -> array.add(new JsonObject().put("name", count.name()).put("value", count.value())));
    return array;
  }
}
