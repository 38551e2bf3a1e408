package io.tidemark.api;

import io.tidemark.collector.Scraper;
import io.tidemark.collector.SeriesBudgets;
import io.tidemark.promql.Features;
import io.tidemark.query.QueryEngine;
import io.tidemark.rules.RuleBoard;
import io.tidemark.rules.RuleStore;
import io.tidemark.storage.SeriesReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// What the routes call; what the process has no role for is missing.
///
/// @param roles     of this process, as the configuration calls them
/// @param queries   with the role `query`
/// @param rules     all rule groups, and those made through the API; with the role `api`
/// @param scrapers  all of this process; asked for at each request
/// @param budgets   who brings how many series; of use with the role `collector`
/// @param outflow   sends what may be long
public record ApiParts(List<String> roles, Operations operations, NodeStatus status, ClusterStatus cluster, Optional<QueryParts> queries,
    Optional<RuleParts> rules, Supplier<List<Scraper>> scrapers, SeriesBudgets budgets, ApiConfig config, Outflow outflow,
    Metrics metrics, Clock clock) {
  public ApiParts {
    roles = List.copyOf(roles);
  }

  /// What answers from series.
  ///
  /// @param features the optional parts of PromQL that are on
  /// @param workers  where series and label look-ups run
  public record QueryParts(QueryEngine engine, SeriesReader reader, Features features, WorkerExecutor workers) {}

  /// @param board where all groups can be looked at
  /// @param store those that people make through the API
  public record RuleParts(RuleBoard board, RuleStore store) {}
}
