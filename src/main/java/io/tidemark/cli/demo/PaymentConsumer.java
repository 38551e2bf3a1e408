package io.tidemark.cli.demo;

import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;

/// The payments processor as a service: the {@link ConsumerLoop} on its thread, its metrics and health over HTTP, and `consumer.log`.
final class PaymentConsumer extends VerticleBase {
  private static final long SILENT_NANOS_MAX = 10_000_000_000L;

  private final int wantedPort;
  private final Clock clock;
  private final ServiceLog file;
  private final Metrics metrics = new Metrics();
  private final ConsumerLoop loop;
  private final long startedNanos;
  private HttpServer server;

  /// @param port 0 for a free one
  /// @param logs directory of `consumer.log`
  PaymentConsumer(PaymentTopic topic, int port, Path logs, Clock clock, Entropy entropy) {
    wantedPort = port;
    this.clock = clock;
    startedNanos = clock.nanos();
    file = new ServiceLog("payment_consumer", logs.resolve("consumer.log"), entropy);
    loop = new ConsumerLoop(topic, clock, file.logger(), metrics);
  }

  /// The port it listens on.
  int port() {
    return server.actualPort();
  }

  @Override
  public Future<?> start() {
    Router router = Router.router(vertx);
    router.get("/metrics").handler(context -> context.response()
        .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8").end(metrics.print()));
    router.get("/health").handler(this::health);
    router.get("/stats").handler(context -> context.json(
        loop.stats().put("uptime_seconds", (clock.nanos() - startedNanos) / 1_000_000_000L)));
    return vertx.createHttpServer().requestHandler(router).listen(wantedPort, "127.0.0.1").onSuccess(listening -> {
      server = listening;
      Thread.ofPlatform().name("payment-consumer").daemon().start(loop);
      file.logger().atInfo().addKeyValue("port", port()).log("Payment consumer started");
    });
  }

  private void health(RoutingContext context) {
    boolean healthy = loop.isRunning() && loop.silentNanos() < SILENT_NANOS_MAX;
    context.response().setStatusCode(healthy ? 200 : 503);
    context.json(new JsonObject().put("status", healthy ? "healthy" : "unhealthy").put("loop", loop.isRunning() ? "runs" : "ended")
        .put("seconds_since_poll", loop.silentNanos() / 1_000_000_000L));
  }

  @Override
  public Future<?> stop() {
    if (server == null) {
      file.close();
      return Future.succeededFuture();
    }
    return Future.join(server.shutdown(), Future.fromCompletionStage(loop.stop(), context)).onComplete(_ -> {
      file.logger().info("Payment consumer stopped");
      file.close();
    });
  }
}
