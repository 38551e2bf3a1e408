package io.tidemark.api.prometheus;

import io.tidemark.promql.AggregateOp;
import io.tidemark.promql.BinaryOp;
import io.tidemark.promql.Features;
import io.tidemark.promql.Features.Flag;
import io.tidemark.promql.Function;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.TreeMap;

/// `/api/v1/features`, also as `/api/v1/status/features`: what this server can do, in Prometheus' categories, so that a client need not
/// guess from a version.
public final class FeatureRoutes {
  private static final List<String> ALWAYS_IN_PROMQL = List.of("at_modifier", "bool", "by", "group_left", "group_right", "ignoring",
      "negative_offset", "offset", "on", "per_query_lookback_delta", "subqueries", "without");

  private final JsonObject features;

  /// @param features the optional parts of PromQL that are on
  public FeatureRoutes(Features features) {
    this.features = new JsonObject().put("api", api()).put("promql", promql(features)).put("promql_functions", functions(features))
        .put("promql_operators", operators(features));
  }

  public void mount(Router router) {
    for (String path : List.of("/api/v1/features", "/api/v1/status/features")) {
      router.get(path).handler(context -> AlertingRoutes.success(context, features));
    }
  }

  private static JsonObject api() {
    return new JsonObject().put("admin", true).put("exclude_alerts", true).put("label_values_match", true).put("lifecycle", true)
        .put("openapi_3.1", true).put("query_stats", true).put("query_warnings", true).put("remote_read", true)
        .put("remote_write_receiver", true).put("time_range_labels", true).put("time_range_series", true);
  }

  private static JsonObject promql(Features on) {
    var names = new TreeMap<String, Object>();
    ALWAYS_IN_PROMQL.forEach(name -> names.put(name, true));
    names.put("anchored", on.has(Flag.EXTENDED_RANGE_SELECTORS));
    names.put("delayed_name_removal", on.has(Flag.DELAYED_NAME_REMOVAL));
    names.put("duration_expr", on.has(Flag.DURATION_EXPRESSIONS));
    names.put("experimental_functions", on.has(Flag.EXPERIMENTAL_FUNCTIONS));
    names.put("fill", on.has(Flag.BINOP_FILL));
    names.put("smoothed", on.has(Flag.EXTENDED_RANGE_SELECTORS));
    names.put("type_and_unit_labels", on.has(Flag.TYPE_AND_UNIT_LABELS));
    return new JsonObject(names);
  }

  private static JsonObject functions(Features on) {
    var names = new TreeMap<String, Object>();
    for (Function function : Function.values()) {
      names.put(function.text(), !function.isExperimental() || on.has(Flag.EXPERIMENTAL_FUNCTIONS));
    }
    return new JsonObject(names);
  }

  private static JsonObject operators(Features on) {
    var names = new TreeMap<String, Object>();
    for (BinaryOp operator : BinaryOp.values()) {
      names.put(operator.text(), true);
    }
    for (AggregateOp operator : AggregateOp.values()) {
      names.put(operator.text(), !operator.isExperimental() || on.has(Flag.EXPERIMENTAL_FUNCTIONS));
    }
    return new JsonObject(names);
  }
}
