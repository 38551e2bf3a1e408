package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.catalog.MemoryCatalog;
import io.tidemark.cluster.LeaseConfig;
import io.tidemark.model.Alert;
import io.tidemark.model.LabelSet;
import io.tidemark.state.MemoryState;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// From an alert to a webhook over real sockets, on a real event loop.
class NotifierHttpTest {
  private static final LabelSet DOWN = LabelSet.of("alertname", "Down", "instance", "a");
  private final Vertx vertx = Vertx.vertx();
  private final ContextLoop loop = new ContextLoop(vertx);
  private final BlockingQueue<JsonObject> bodies = new LinkedBlockingQueue<>();
  private final List<String> keys = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Integer> statuses = new LinkedBlockingQueue<>();
  private final Metrics metrics = new Metrics();
  private Notifier notifier;

  @BeforeEach
  void start() throws Exception {
    HttpServer server = vertx.createHttpServer().requestHandler(request -> request.body().onSuccess(body -> {
      keys.add(request.getHeader("Idempotency-Key"));
      bodies.add(body.toJsonObject());
      Integer status = statuses.poll();
      request.response().setStatusCode(status == null ? 200 : status).end();
    })).listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS);
    NotifyConfig config = NotifyConfig.parse("""
        route: {receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 200ms}
        receivers:
          - name: team
            webhook_configs: [{url: 'http://127.0.0.1:%d/hook'}]
        """.formatted(server.actualPort()), "test.yml", Path.of("."));
    Clock clock = Clock.system();
    Silences silences = Silences.open(new MemoryCatalog(), clock, Entropy.system(), new Metrics()).await(10, TimeUnit.SECONDS);
    notifier = new Notifier(config, new NotifyPorts(Integrations.over(vertx), new MemoryState(), LeaseConfig.SINGLE, silences, loop,
        clock, Entropy.system(), metrics, "http://tidemark.test", NotifyLimits.DEFAULT));
    notifier.start(Future::succeededFuture).await(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    notifier.stop().await(20, TimeUnit.SECONDS);
    vertx.close().await(20, TimeUnit.SECONDS);
  }

  private void receive(long endsInMillis) {
    long now = Clock.system().millis();
    loop.execute(() -> notifier.receive(List.of(new Alert(DOWN, LabelSet.EMPTY, now - 5_000, now + endsInMillis, ""))));
  }

  private JsonObject next() throws InterruptedException {
    JsonObject body = bodies.poll(10, TimeUnit.SECONDS);
    assertTrue(body != null, "nothing was sent within 10 s");
    return body;
  }

  @Test
  void tellsOfTheStartAndTheEndOnce() throws Exception {
    receive(60_000);
    assertEquals("firing", next().getString("status"));
    receive(60_000);
    assertFalse(bodies.poll(600, TimeUnit.MILLISECONDS) != null, "a repeated alert is no news");
    receive(0);
    JsonObject end = next();
    assertEquals("resolved", end.getString("status"));
    assertEquals("{}:{alertname=\"Down\"}", end.getString("groupKey"));
    assertFalse(bodies.poll(600, TimeUnit.MILLISECONDS) != null, "the end is told once");
  }

  @Test
  void triesAgainUntilItIsTaken() throws Exception {
    statuses.addAll(List.of(500, 429));
    receive(60_000);
    for (int i = 0; i < 3; i++) {
      assertEquals("firing", next().getString("status"));
    }
    assertFalse(bodies.poll(600, TimeUnit.MILLISECONDS) != null, "taken is taken");
    DeliveryView delivery = notifier.deliveries().await(10, TimeUnit.SECONDS).getFirst();
    assertEquals(3, delivery.attempts());
    assertEquals(3, keys.size());
    assertEquals(1, keys.stream().distinct().count(), "attempts of one notification are known by one key");
    receive(0);
    next();
    assertEquals(2, keys.stream().distinct().count());
    assertTrue(delivery.delivered());
  }
}
