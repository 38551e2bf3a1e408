package io.tidemark.api.prometheus;

import io.tidemark.api.Answers;
import io.tidemark.collector.Scraper;
import io.tidemark.collector.TargetView;
import io.tidemark.config.Durations;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// `/api/v1/targets` and `/api/v1/scrape_pools`, in Prometheus' form.
public final class TargetRoutes {
  private final Supplier<List<Scraper>> scrapers;

  /// @param scrapers all of this process; asked for at each request
  public TargetRoutes(Supplier<List<Scraper>> scrapers) {
    this.scrapers = scrapers;
  }

  public void mount(Router router) {
    router.get("/api/v1/targets").handler(this::targets);
    router.get("/api/v1/scrape_pools").handler(context -> AlertingRoutes.success(context,
        new JsonObject().put("scrapePools", new JsonArray(active().map(TargetView::job).distinct().sorted().toList()))));
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
      scrapers.get().stream().flatMap(scraper -> scraper.dropped().stream()).filter(target -> pool.isEmpty() || pool.equals(target.job()))
          .forEach(target -> dropped.add(new JsonObject().put("discoveredLabels", AlertingRoutes.object(target.discovered()))
              .put("scrapePool", target.job())));
    }
    AlertingRoutes.success(context, new JsonObject().put("activeTargets", active).put("droppedTargets", dropped)
        .put("droppedTargetCounts", new JsonObject()));
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
