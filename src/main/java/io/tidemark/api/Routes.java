package io.tidemark.api;

import io.tidemark.api.prometheus.AdminRoutes;
import io.tidemark.api.prometheus.AlertingRoutes;
import io.tidemark.api.prometheus.CrossOrigin;
import io.tidemark.api.prometheus.FeatureRoutes;
import io.tidemark.api.prometheus.FederateRoutes;
import io.tidemark.api.prometheus.LanguageRoutes;
import io.tidemark.api.prometheus.LookupRoutes;
import io.tidemark.api.prometheus.QueryRoutes;
import io.tidemark.api.prometheus.StatusRoutes;
import io.tidemark.api.prometheus.TargetRoutes;
import io.tidemark.api.remoteread.ReadRoutes;
import io.tidemark.api.ui.UiRoutes;
import io.tidemark.api.v1.CardinalityRoutes;
import io.tidemark.api.v1.ClusterRoutes;
import io.tidemark.api.v1.RuleRoutes;
import io.tidemark.api.v1.RunningQueryRoutes;
import io.tidemark.api.v1.ScrubRoutes;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// All routes but those of ingestion, in the order they are tried, which is one after the other: those asked most often come first.
public final class Routes {
  private Routes() {}

  public static List<Consumer<Router>> of(ApiParts parts) {
    var routes = new ArrayList<Consumer<Router>>();
    routes.add(new CrossOrigin(parts.config().corsOrigin())::mount);
    parts.queries().ifPresent(queries -> routes.add(new QueryRoutes(queries, parts.clock(), parts.outflow(), parts.metrics())::mount));
    routes.add(OpenApiRoutes::mount);
    routes.add(router -> OperationRoutes.mount(router, parts.operations()));
    parts.queries().ifPresent(queries -> {
      routes.add(new LookupRoutes(queries, parts.outflow())::mount);
      routes.add(new LanguageRoutes(queries.features())::mount);
      routes.add(new FeatureRoutes(queries.features())::mount);
      routes.add(new FederateRoutes(queries, parts.clock(), parts.outflow())::mount);
      routes.add(new RunningQueryRoutes(queries, parts.clock())::mount);
      routes.add(new ReadRoutes(queries, parts.config(), parts.outflow(), parts.metrics())::mount);
    });
    routes.add(new AdminRoutes(parts.operations())::mount);
    routes.add(new StatusRoutes(parts.status(), parts.clock())::mount);
    routes.add(new ScrubRoutes(parts.operations())::mount);
    routes.add(new ClusterRoutes(parts.cluster(), parts.clock())::mount);
    if (parts.roles().contains("collector")) {
      routes.add(new CardinalityRoutes(parts.budgets(), parts.queries().map(queries -> queries.engine().metricUse()))::mount);
      routes.add(new TargetRoutes(parts.scrapers(), parts.queries(), parts.outflow(), parts.clock())::mount);
    }
    parts.rules().ifPresent(rules -> {
      routes.add(new AlertingRoutes(rules.board())::mount);
      routes.add(new RuleRoutes(rules.store())::mount);
    });
    routes.add(router -> RoleRoutes.mount(router, parts.roles()));
    if (parts.roles().contains("api")) {
      routes.add(UiRoutes::mount);
    }
    return List.copyOf(routes);
  }
}
