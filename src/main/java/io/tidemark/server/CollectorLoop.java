package io.tidemark.server;

import io.tidemark.collector.CollectorConfig;
import io.tidemark.collector.Gate;
import io.tidemark.collector.Ingest;
import io.tidemark.collector.IngestRoutes;
import io.tidemark.collector.Scraper;
import io.tidemark.collector.SeriesBudgets;
import io.tidemark.collector.Statsd;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.Log;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.Router;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/// The collectors of one event loop: pushes, its share of the scrape targets, and on the first loop StatsD. They fill the same batches.
final class CollectorLoop {
  private static final int SCRAPES_PER_HOST_MAX = 64;

  private final Vertx vertx;
  private final VertxLoop loop;
  private final Ingest ingest;
  private final Scraper scraper;
  private final Optional<Statsd> statsd;

  /// What the collectors of all loops share.
  record Shared(NodeConfig config, Log log, Gate gate, SeriesBudgets budgets, Clock clock, Entropy entropy, Metrics metrics) {}

  /// Call on the loop.
  CollectorLoop(Vertx vertx, Context context, Shared shared, Scraper.Share share) {
    this.vertx = vertx;
    loop = new VertxLoop(vertx, context);
    CollectorConfig config = shared.config.collector();
    var writer = new BatchWriter(shared.log, (int) shared.entropy.nextLong(), shared.config.batch(), shared.clock, shared.metrics);
    ingest = new Ingest(config.limits(), shared.gate, shared.budgets, loop, writer, shared.clock, shared.entropy, shared.metrics);
    HttpClient client = vertx.createHttpClient(new HttpClientOptions().setDecompressionSupported(false),
        new PoolOptions().setHttp1MaxSize(SCRAPES_PER_HOST_MAX));
    scraper = new Scraper(ingest, share, loop, client, "Tidemark/" + BuildInfo.current().version(), shared.clock, shared.entropy,
        shared.metrics);
    statsd = config.hasStatsd() && share.index() == 0
        ? Optional.of(new Statsd(config, ingest, loop, shared.clock, shared.entropy, shared.metrics)) : Optional.empty();
  }

  void mount(Router router) {
    IngestRoutes.mount(router, ingest);
  }

  /// Binds what listens besides HTTP.
  Future<Void> open() {
    return onLoop(() -> statsd.map(s -> s.open(vertx).<Void>mapEmpty()).orElse(Future.succeededFuture()));
  }

  /// Takes over the scrape jobs of a configuration.
  void apply(CollectorConfig config) {
    loop.execute(() -> scraper.apply(config));
  }

  /// From now on scrapes only the targets of these slots.
  void own(IntPredicate slots) {
    loop.execute(() -> scraper.own(slots));
  }

  Scraper scraper() {
    return scraper;
  }

  /// Ends scraping and writes what StatsD has counted since its last flush.
  Future<Void> close() {
    return onLoop(() -> {
      scraper.stop();
      return statsd.map(Statsd::close).orElse(Future.succeededFuture());
    });
  }

  private Future<Void> onLoop(Supplier<Future<Void>> work) {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> work.get().onComplete(done));
    return done.future();
  }
}
