package io.tidemark.api;

import io.tidemark.collector.Scraper;
import io.tidemark.promql.Features;
import io.tidemark.query.QueryEngine;
import io.tidemark.rules.RuleBoard;
import io.tidemark.rules.RuleStore;
import io.tidemark.storage.SeriesReader;
import io.tidemark.time.Clock;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.function.Supplier;

/// What the routes call.
///
/// @param scrapers all of this process; asked for at each request
/// @param features the optional parts of PromQL that are on
/// @param workers  where series and label look-ups run
public record ApiParts(Operations operations, NodeStatus status, ClusterStatus cluster, QueryEngine queries, SeriesReader reader,
    Features features, RuleBoard rules, RuleStore ruleStore, Supplier<List<Scraper>> scrapers, Clock clock, WorkerExecutor workers) {}
