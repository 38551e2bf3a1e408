package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.kafka.client.producer.KafkaProducer;
import io.vertx.kafka.client.producer.KafkaProducerRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;

/// The payments API: takes payments over HTTP, one or a batch, and puts each on the topic.
///
/// A request is answered when Kafka has all of its payments (`acks=all`). Its correlation id, given in `X-Correlation-ID` or made here,
/// goes into the answer, the header of each message and every line of `producer.log`.
///
/// **Bounds** a batch has at most {@link #BATCH_MAX} payments; past {@link #PENDING_MAX} messages on their way the answer is 503.
final class PaymentProducer extends VerticleBase {
  static final int BATCH_MAX = 1_000;
  static final int PENDING_MAX = 10_000;
  private static final long BODY_BYTES_MAX = 1 << 20;
  private static final long LAG_MILLIS = 1_000;
  private static final long SILENT_NANOS_MAX = 10_000_000_000L;
  private static final String CORRELATION_PATTERN = "[\\x21-\\x7e]{1,128}";
  private static final String CORRELATION_KEY = "correlation";
  private static final double[] BATCH_SIZES = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000};
  private static final List<String> ENDPOINTS =
      List.of("/payments/batch", "/payments/single", "/health", "/metrics", "/stats");

  private final PaymentTopic topic;
  private final int wantedPort;
  private final Clock clock;
  private final Entropy entropy;
  private final ServiceLog file;
  private final Logger log;
  private final Metrics metrics = new Metrics();
  private final Histogram batchSize = metrics.histogram("payment_batch_size", "Payments in a request.", BATCH_SIZES);
  private final Histogram produceSeconds =
      metrics.histogram("kafka_produce_duration_seconds", "From sending a message to its acknowledgement.", Histogram.SECONDS);
  private final Counter delivered;
  private final Counter undelivered;
  private final long startedNanos;
  private KafkaProducer<String, String> producer;
  private Admin admin;
  private GroupLag lag;
  private HttpServer server;
  private int pending;

  /// @param port 0 for a free one
  /// @param logs directory of `producer.log`
  PaymentProducer(PaymentTopic topic, int port, Path logs, Clock clock, Entropy entropy) {
    this.topic = topic;
    wantedPort = port;
    this.clock = clock;
    this.entropy = entropy;
    startedNanos = clock.nanos();
    file = new ServiceLog("payment_producer", logs.resolve("producer.log"), entropy);
    log = file.logger();
    delivered = produced("delivered");
    undelivered = produced("failed");
    metrics.gauge("kafka_messages_pending", "Messages on their way to the brokers.", () -> pending);
    // A counter that first appears with its first error has no increase then, and a rule over it would miss that error.
    for (String endpoint : ENDPOINTS.subList(0, 2)) {
      for (int status : new int[] {200, 400, 503}) {
        requests(endpoint, status);
      }
    }
  }

  private Counter produced(String status) {
    return metrics.counter("kafka_messages_produced_total", "Messages by what became of them.", "topic", topic.name(), "status", status);
  }

  private Counter requests(String endpoint, int status) {
    return metrics.counter("http_requests_total", "Requests by endpoint and status.", "endpoint", endpoint,
        "status", String.valueOf(status));
  }

  /// The port it listens on.
  int port() {
    return server.actualPort();
  }

  @Override
  public Future<?> start() {
    admin = topic.admin();
    return topic.ensure(vertx, admin).compose(_ -> {
      producer = KafkaProducer.create(vertx, settings(), new StringSerializer(), new StringSerializer());
      lag = new GroupLag(admin, topic, metrics, clock);
      lag.measure();
      vertx.setPeriodic(LAG_MILLIS, _ -> lag.measure());
      return vertx.createHttpServer().requestHandler(routes()).listen(wantedPort, "127.0.0.1");
    }).onSuccess(listening -> {
      server = listening;
      log.atInfo().addKeyValue("port", port()).addKeyValue("topic", topic.name()).log("Payment producer started");
    });
  }

  /// Durable and quick to answer: every copy has a message before it counts, and a message waits at most 10 ms for company.
  private Map<String, String> settings() {
    return Map.of("bootstrap.servers", topic.bootstrap(), "client.id", "payment-producer", "acks", "all", "enable.idempotence", "true",
        "compression.type", "snappy", "linger.ms", "10", "batch.size", "16384", "max.block.ms", "5000", "request.timeout.ms", "5000",
        "delivery.timeout.ms", "10000");
  }

  private Router routes() {
    Router router = Router.router(vertx);
    router.route().handler(this::follow);
    router.post("/payments/batch").handler(BodyHandler.create(false).setBodyLimit(BODY_BYTES_MAX))
        .handler(context -> take(context, json -> json.getValue("payments") instanceof JsonArray list ? list : new JsonArray()));
    router.post("/payments/single").handler(BodyHandler.create(false).setBodyLimit(BODY_BYTES_MAX))
        .handler(context -> take(context, json -> new JsonArray().add(json)));
    router.get("/health").handler(this::health);
    router.get("/metrics").handler(context -> context.response()
        .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8").end(metrics.print()));
    router.get("/stats").handler(context -> context.json(stats()));
    return router;
  }

  private void follow(RoutingContext context) {
    String given = context.request().getHeader("X-Correlation-ID");
    String id = given != null && given.matches(CORRELATION_PATTERN) ? given : "req-" + String.format("%016x", entropy.nextLong());
    context.put(CORRELATION_KEY, id);
    context.response().putHeader("X-Correlation-ID", id);
    long begun = clock.nanos();
    context.addEndHandler(_ -> {
      String endpoint = ENDPOINTS.contains(context.request().path()) ? context.request().path() : "other";
      requests(endpoint, context.response().getStatusCode()).increment();
      metrics.histogram("http_request_duration_seconds", "Time to answer.", Histogram.SECONDS, "endpoint", endpoint)
          .observeNanos(begun, clock.nanos());
    });
    context.next();
  }

  private static String correlation(RoutingContext context) {
    return context.get(CORRELATION_KEY);
  }

  private void take(RoutingContext context, Function<JsonObject, JsonArray> list) {
    List<Payment> payments;
    try {
      payments = read(list.apply(PaymentTopic.read(context.body().asString())));
    } catch (TidemarkException | DecodeException e) {
      refuse(context, 400, e.getMessage());
      return;
    }
    if (pending + payments.size() > PENDING_MAX) {
      context.response().putHeader("Retry-After", "1");
      refuse(context, 503, pending + " messages are on their way to Kafka already, at most " + PENDING_MAX);
      return;
    }
    batchSize.observe(payments.size());
    log.atInfo().addKeyValue(ServiceLog.CORRELATION, correlation(context)).addKeyValue("payments", payments.size())
        .log("Payments received");
    var sends = payments.stream().map(payment -> send(payment, correlation(context))).toList();
    Future.join(sends).onComplete(all -> {
      long failed = sends.stream().filter(Future::failed).count();
      var answer = new JsonObject().put("correlation_id", correlation(context)).put("accepted", sends.size() - failed)
          .put("failed", failed);
      if (all.failed()) {
        context.response().setStatusCode(503);
        answer.put("error", "Kafka did not take every payment: " + all.cause().getMessage()
            + "; send the batch again, each is booked once");
      }
      context.json(answer);
    });
  }

  private static List<Payment> read(JsonArray list) {
    if (list.isEmpty() || list.size() > BATCH_MAX) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "payments: expected 1 to " + BATCH_MAX + " of them, found " + list.size());
    }
    var payments = new ArrayList<Payment>();
    for (int i = 0; i < list.size(); i++) {
      try {
        payments.add(Payment.read(list.getValue(i) instanceof JsonObject json ? json : new JsonObject()));
      } catch (TidemarkException e) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "payments[" + i + "]." + e.getMessage());
      }
    }
    return payments;
  }

  private void refuse(RoutingContext context, int status, String why) {
    log.atWarn().addKeyValue(ServiceLog.CORRELATION, correlation(context)).addKeyValue("status", status).addKeyValue("error", why)
        .log("Payments refused");
    context.response().setStatusCode(status);
    context.json(new JsonObject().put("correlation_id", correlation(context)).put("error", why));
  }

  private Future<Void> send(Payment payment, String correlation) {
    var message = KafkaProducerRecord.create(topic.name(), payment.merchantId(), PaymentTopic.message(payment, clock.millis()))
        .addHeader(PaymentTopic.CORRELATION, correlation);
    long begun = clock.nanos();
    pending++;
    return producer.send(message).<Void>map(place -> {
      delivered.increment();
      log.atInfo().addKeyValue(ServiceLog.CORRELATION, correlation).addKeyValue("payment_id", payment.paymentId())
          .addKeyValue("amount", payment.amount()).addKeyValue("partition", place.getPartition()).addKeyValue("offset", place.getOffset())
          .addKeyValue("duration_ms", (clock.nanos() - begun) / 1e6).log("Payment message produced");
      return null;
    }).onFailure(e -> {
      undelivered.increment();
      log.atError().addKeyValue(ServiceLog.CORRELATION, correlation).addKeyValue("payment_id", payment.paymentId()).setCause(e)
          .log("Payment message not produced");
    }).onComplete(_ -> {
      pending--;
      produceSeconds.observeNanos(begun, clock.nanos());
    });
  }

  private void health(RoutingContext context) {
    boolean reachable = lag.silentNanos() < SILENT_NANOS_MAX;
    context.response().setStatusCode(reachable ? 200 : 503);
    context.json(new JsonObject().put("status", reachable ? "healthy" : "unhealthy").put("kafka", reachable ? "reachable"
        : "silent for " + lag.silentNanos() / 1_000_000_000L + " s"));
  }

  private JsonObject stats() {
    return new JsonObject().put("uptime_seconds", (clock.nanos() - startedNanos) / 1_000_000_000L).put("topic", topic.name())
        .put("messages_delivered", delivered.value()).put("messages_failed", undelivered.value()).put("messages_pending", pending)
        .put("consumer_lag", Double.isNaN(lag.total()) ? null : (long) lag.total());
  }

  @Override
  public Future<?> stop() {
    Future<?> quiet = server == null ? Future.succeededFuture() : server.shutdown();
    return quiet.transform(_ -> producer == null ? Future.succeededFuture() : producer.close()).onComplete(_ -> {
      admin.close(Duration.ZERO);
      log.info("Payment producer stopped");
      file.close();
    });
  }
}
