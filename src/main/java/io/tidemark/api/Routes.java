package io.tidemark.api;

import io.tidemark.api.prometheus.AlertingRoutes;
import io.tidemark.api.prometheus.FederateRoutes;
import io.tidemark.api.prometheus.QueryRoutes;
import io.tidemark.api.prometheus.StatusRoutes;
import io.tidemark.api.prometheus.TargetRoutes;
import io.tidemark.api.ui.UiRoutes;
import io.tidemark.api.v1.ClusterRoutes;
import io.tidemark.api.v1.RuleRoutes;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.function.Consumer;

/// All routes but those of ingestion, in the order they are tried.
public final class Routes {
  private Routes() {}

  public static List<Consumer<Router>> of(ApiParts parts) {
    return List.of(router -> OperationRoutes.mount(router, parts.operations()),
        new QueryRoutes(parts)::mount, new FederateRoutes(parts)::mount,
        new AlertingRoutes(parts.rules())::mount, new RuleRoutes(parts.ruleStore())::mount,
        new TargetRoutes(parts.scrapers())::mount, new StatusRoutes(parts.status(), parts.clock())::mount,
        new ClusterRoutes(parts.cluster(), parts.clock())::mount, UiRoutes::mount);
  }
}
