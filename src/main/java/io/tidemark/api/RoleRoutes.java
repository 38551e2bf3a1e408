package io.tidemark.api;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Answers for paths that exist, but not in a process with these roles: which role they need, instead of a bare 404.
final class RoleRoutes {
  private static final Map<String, List<String>> PATHS = new LinkedHashMap<>();

  static {
    PATHS.put("collector", List.of("/api/v1/write", "/api/v1/import/*", "/v1/metrics", "/api/v1/targets",
        "/api/v1/targets/metadata", "/api/v1/scrape_pools", "/api/v1/status/cardinality", "/api/v1/status/cardinality/*"));
    PATHS.put("query", List.of("/api/v1/query", "/api/v1/query_range", "/api/v1/query_exemplars", "/api/v1/series", "/api/v1/labels",
        "/api/v1/label/*", "/api/v1/metadata", "/api/v1/format_query", "/api/v1/parse_query", "/api/v1/read", "/api/v1/features",
        "/api/v1/status/features", "/federate"));
    PATHS.put("api", List.of("/api/v1/rules", "/api/v1/alerts", "/api/v1/alertmanagers", "/v1/alerts/*"));
  }

  private RoleRoutes() {}

  /// @param roles of this process
  static void mount(Router router, List<String> roles) {
    PATHS.forEach((role, paths) -> {
      if (!roles.contains(role)) {
        paths.forEach(path -> router.route(path).handler(context -> Answers.json(context, 404, new JsonObject().put("status", "error")
            .put("errorType", "not_found").put("error", context.request().path() + " needs the role " + role
                + "; this process has the roles " + String.join(",", roles)).encode())));
      }
    });
  }
}
