package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The example's own servers on loopback: three ports to scrape and one that receives notifications.
final class Sites extends VerticleBase {
  /// Ports of the lock servers, one a region; named in the example's configuration.
  static final List<Integer> PORTS = List.of(9171, 9172, 9173);
  /// Port of the webhook.
  static final int WEBHOOK_PORT = 9174;
  private static final long TICK_MILLIS = 500;

  private final LockService service = new LockService(Entropy.seeded(7));
  private final Clock clock;
  private final Consumer<JsonObject> received;
  private final long startNanos;

  /// @param received called on this verticle's loop with each notification
  Sites(Clock clock, Consumer<JsonObject> received) {
    this.clock = clock;
    this.received = received;
    this.startNanos = clock.nanos();
  }

  /// Seconds since the example began.
  long seconds() {
    return (clock.nanos() - startNanos) / 1_000_000_000L;
  }

  @Override
  public Future<?> start() {
    vertx.setPeriodic(TICK_MILLIS, _ -> service.advance(TICK_MILLIS / 1000.0, Breakage.at(seconds())));
    var listening = new ArrayList<Future<?>>();
    for (int i = 0; i < PORTS.size(); i++) {
      int index = i;
      listening.add(vertx.createHttpServer().requestHandler(request -> scrape(index, request)).listen(PORTS.get(i), "127.0.0.1"));
    }
    listening.add(vertx.deployVerticle(new Webhook(WEBHOOK_PORT, received)));
    return Future.all(listening).recover(e -> Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT,
        "the example needs the ports " + PORTS + " and " + WEBHOOK_PORT + " of 127.0.0.1: " + e.getMessage(), e)));
  }

  private void scrape(int index, HttpServerRequest request) {
    Breakage breakage = Breakage.at(seconds());
    var response = request.response().putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    switch (request.path()) {
      case "/metrics" -> {
        if (breakage.silentRegion() == index) {
          response.setStatusCode(503).end("the lock server is down\n");
        } else {
          response.end(service.lockServer(index, breakage));
        }
      }
      case "/etcd/metrics" -> response.end(service.etcd(index));
      case "/redis/metrics" -> response.end(service.redis());
      default -> response.setStatusCode(404).end();
    }
  }
}
