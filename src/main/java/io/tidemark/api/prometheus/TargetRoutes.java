package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.api.ApiParts;
import io.tidemark.api.Body;
import io.tidemark.api.Outflow;
import io.tidemark.collector.Scraper;
import io.tidemark.collector.TargetView;
import io.tidemark.config.Durations;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.promql.PromQL;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.time.Clock;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// `/api/v1/targets`, `/api/v1/targets/metadata` and `/api/v1/scrape_pools`, in Prometheus' form.
public final class TargetRoutes {
  private final Supplier<List<Scraper>> scrapers;
  private final Optional<ApiParts.QueryParts> queries;
  private final Outflow outflow;
  private final Clock clock;

  /// @param queries  where the metadata of targets are found; without them there are none
  public TargetRoutes(Supplier<List<Scraper>> scrapers, Optional<ApiParts.QueryParts> queries, Outflow outflow,
      Clock clock) {
    this.scrapers = scrapers;
    this.queries = queries;
    this.outflow = outflow;
    this.clock = clock;
  }

  public void mount(Router router) {
    router.get("/api/v1/targets").handler(this::targets);
    router.get("/api/v1/scrape_pools").handler(context -> AlertingRoutes.success(context,
        new JsonObject().put("scrapePools", new JsonArray(Stream.concat(active().map(TargetView::job),
            dropped().map(TargetView.Dropped::job)).distinct().sorted().toList()))));
    Handling.get(router, "/api/v1/targets/metadata", this::metadata);
  }

  private Stream<TargetView.Dropped> dropped() {
    return scrapers.get().stream().flatMap(scraper -> scraper.dropped().stream());
  }

  private void metadata(RoutingContext context, Parameters parameters) {
    List<Matcher> matchers = parameters.text("match_target")
        .map(text -> Handling.ofParameter("match_target", () -> PromQL.parseSelector(text))).orElse(List.of());
    String metric = parameters.text("metric").orElse("");
    int limit = parameters.number("limit", -1);
    List<LabelSet> targets = active().map(TargetView::labels).filter(TargetMetadata.passing(matchers))
        .sorted().limit(limit < 0 ? Long.MAX_VALUE : limit).toList();
    if (queries.isEmpty() || targets.isEmpty()) {
      AlertingRoutes.success(context, new JsonArray());
      return;
    }
    queries.get().reader().view(ReadPolicy.DEFAULT).compose(view -> outflow.workers().executeBlocking(() -> {
      Body body;
      try (view) {
        List<TargetMetadata> found = TargetMetadata.find(view, targets, metric, clock.millis());
        body = new ListBody<>("[]", found.iterator(), (out, entry) -> entry.write(out, metric.isEmpty()), view.warnings());
      }
      outflow.send(context, 200, "application/json", body);
      return true;
    }, false)).onFailure(e -> Answers.failure(context, e));
  }

  private Stream<TargetView> active() {
    return scrapers.get().stream().flatMap(scraper -> scraper.targets().stream());
  }

  private void targets(RoutingContext context) {
    var parameters = new Parameters(context.request().params());
    String state = parameters.text("state").orElse("any").toLowerCase(Locale.ROOT);
    if (!List.of("any", "active", "dropped").contains(state)) {
      Answers.failure(context, Parameters.invalid("state", "expected any, active or dropped, found \"" + state + "\""));
      return;
    }
    String pool = parameters.text("scrapePool").orElse("");
    var active = new JsonArray();
    var dropped = new JsonArray();
    if (!state.equals("dropped")) {
      active().filter(target -> pool.isEmpty() || pool.equals(target.job()))
          .sorted(Comparator.comparing(TargetView::job).thenComparing(TargetView::url)).forEach(target -> active.add(json(target)));
    }
    if (!state.equals("active")) {
      dropped().filter(target -> pool.isEmpty() || pool.equals(target.job()))
          .forEach(target -> dropped.add(new JsonObject().put("discoveredLabels", AlertingRoutes.object(target.discovered()))
              .put("scrapePool", target.job())));
    }
    var counts = new JsonObject();
    active().forEach(target -> counts.put(target.job(), 0));
    dropped().forEach(target -> counts.put(target.job(), counts.getInteger(target.job(), 0) + 1));
    AlertingRoutes.success(context, new JsonObject().put("activeTargets", active).put("droppedTargets", dropped)
        .put("droppedTargetCounts", state.equals("active") ? null : counts));
  }

  private static JsonObject json(TargetView target) {
    return new JsonObject().put("discoveredLabels", AlertingRoutes.object(target.discovered()))
        .put("labels", AlertingRoutes.object(target.labels())).put("scrapePool", target.job()).put("scrapeUrl", target.url())
        .put("globalUrl", target.url()).put("lastError", target.lastError())
        .put("lastScrape", AlertingRoutes.time(target.lastScrapeMillis())).put("lastScrapeDuration", target.lastSeconds())
        .put("health", target.health().name().toLowerCase(Locale.ROOT))
        .put("scrapeInterval", Durations.print(target.intervalMillis()))
        .put("scrapeTimeout", Durations.print(target.timeoutMillis()));
  }
}
