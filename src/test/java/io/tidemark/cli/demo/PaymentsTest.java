package io.tidemark.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import io.tidemark.server.EngineProcess;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The payments example against a real Kafka, its example configuration on a real engine.
class PaymentsTest {
  private static final Path EXAMPLE = Path.of("config/examples/kafka-payments");
  private static final long SECONDS = 90;
  private static final long LOOK_MILLIS = 100;

  private final Vertx vertx = Vertx.vertx();
  private final WebClient client = WebClient.create(vertx);

  @TempDir
  private Path folder;
  private KafkaServer kafka;
  private PaymentTopic topic;
  private PaymentProducer producer;
  private PaymentConsumer consumer;

  @BeforeEach
  void start() throws Exception {
    kafka = KafkaServer.start(folder.resolve("kafka"), 1);
    topic = PaymentTopic.on(kafka.bootstrap());
    producer = new PaymentProducer(topic, 0, folder.resolve("logs"), Clock.system(), Entropy.system());
    vertx.deployVerticle(producer).await(SECONDS, TimeUnit.SECONDS);
    consumer = consumer(folder.resolve("logs"), 0);
  }

  private PaymentConsumer consumer(Path logs, int port) throws Exception {
    var started = new PaymentConsumer(topic, port, logs, Clock.system(), Entropy.system());
    vertx.deployVerticle(started).await(SECONDS, TimeUnit.SECONDS);
    return started;
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(SECONDS, TimeUnit.SECONDS);
    kafka.close();
  }

  private void eventually(String what, Callable<Boolean> condition) throws Exception {
    long deadline = Clock.system().nanos() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (!condition.call()) {
      assertTrue(Clock.system().nanos() < deadline, () -> "not within " + SECONDS + " s: " + what);
      vertx.timer(LOOK_MILLIS).await(SECONDS, TimeUnit.SECONDS);
    }
  }

  private HttpResponse<?> get(int port, String path) throws Exception {
    return client.get(port, "127.0.0.1", path).send().await(SECONDS, TimeUnit.SECONDS);
  }

  private HttpResponse<?> post(String path, String body, String correlation) throws Exception {
    var request = client.request(HttpMethod.POST, producer.port(), "127.0.0.1", path);
    if (!correlation.isEmpty()) {
      request.putHeader("X-Correlation-ID", correlation);
    }
    return request.sendBuffer(Buffer.buffer(body)).await(SECONDS, TimeUnit.SECONDS);
  }

  private static JsonObject payment(String id) {
    return new JsonObject().put("payment_id", id).put("amount", 99.99).put("merchant_id", "MERCH-" + id.hashCode() % 7)
        .put("customer_id", "CUST-001");
  }

  private static String batch(String prefix, int count) {
    var payments = new JsonArray();
    for (int i = 0; i < count; i++) {
      payments.add(payment(prefix + i));
    }
    return new JsonObject().put("payments", payments).encode();
  }

  private double metric(int port, String series) throws Exception {
    return get(port, "/metrics").bodyAsString().lines().filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1))).findFirst().orElse(Double.NaN);
  }

  private List<JsonObject> lines(String file) throws IOException {
    Path path = folder.resolve("logs").resolve(file);
    try (Stream<String> lines = Files.lines(path)) {
      return lines.map(JsonObject::new).toList();
    }
  }

  private List<ConsumerRecord<String, String>> messages(int count) {
    var found = new ArrayList<ConsumerRecord<String, String>>();
    try (var reader = new KafkaConsumer<>(Map.<String, Object>of("bootstrap.servers", kafka.bootstrap()), new StringDeserializer(),
        new StringDeserializer())) {
      reader.assign(topic.partitions());
      reader.seekToBeginning(topic.partitions());
      long deadline = Clock.system().nanos() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (found.size() < count && Clock.system().nanos() < deadline) {
        reader.poll(Duration.ofMillis(200)).forEach(found::add);
      }
    }
    return found;
  }

  @Test
  void oneIdLeadsFromTheRequestThroughKafkaToTheConsumersLog() throws Exception {
    HttpResponse<?> answer = post("/payments/batch", batch("P-", 3), "test-4711");
    assertEquals(200, answer.statusCode(), answer.bodyAsString());
    assertEquals("test-4711", answer.getHeader("X-Correlation-ID"));
    assertEquals(new JsonObject().put("correlation_id", "test-4711").put("accepted", 3).put("failed", 0), answer.bodyAsJsonObject());
    HttpResponse<?> single = post("/payments/single", payment("S-1").encode(), "");
    String made = single.getHeader("X-Correlation-ID");
    assertTrue(made.matches("req-[0-9a-f]{16}"), made);

    List<ConsumerRecord<String, String>> messages = messages(4);
    assertEquals(4, messages.size());
    for (ConsumerRecord<String, String> message : messages) {
      String expected = message.value().contains("S-1") ? made : "test-4711";
      assertEquals(Optional.of(expected), PaymentTopic.correlation(message.headers()));
    }
    eventually("the consumer logs four payments", () -> lines("consumer.log").stream()
        .filter(line -> line.getString("message").equals("Payment processed")).count() == 4);
    for (String file : List.of("producer.log", "consumer.log")) {
      for (JsonObject line : lines(file)) {
        assertEquals(List.of("timestamp", "level", "logger", "correlation_id", "message"), line.fieldNames().stream().limit(5).toList());
        assertTrue(line.getString("timestamp").matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"), line::encode);
        assertFalse(line.getString("correlation_id").isEmpty(), line::encode);
        String id = line.getString("payment_id", "");
        if (!id.isEmpty()) {
          assertEquals(id.equals("S-1") ? made : "test-4711", line.getString("correlation_id"), line::encode);
        }
      }
      assertEquals(3, lines(file).stream().filter(line -> line.containsKey("payment_id"))
          .filter(line -> line.getString("correlation_id").equals("test-4711")).count());
    }
  }

  @Test
  void refusesWhatIsNoPaymentAndBooksWhatItCan() throws Exception {
    record Refused(String body, String why) {}
    for (Refused refused : List.of(new Refused("", "expected a JSON object"), new Refused("[]", "expected a JSON object"),
        new Refused("{\"payments\": []}", "payments: expected 1 to 1000 of them, found 0"),
        new Refused(batch("x", PaymentProducer.BATCH_MAX + 1), "payments: expected 1 to 1000 of them, found 1001"),
        new Refused("{\"payments\": [7]}", "payments[0].payment_id: expected a text of 1 to 256 characters, found null"),
        new Refused(new JsonObject().put("payments", new JsonArray().add(payment("a")).add(payment("b").put("amount", -1))).encode(),
            "payments[1].amount: expected a number above 0 and at most 1000000000, found -1"))) {
      HttpResponse<?> answer = post("/payments/batch", refused.body, "bad\u00e9id");
      assertEquals(400, answer.statusCode());
      assertTrue(answer.bodyAsJsonObject().getString("error").startsWith(refused.why), answer.bodyAsString());
      assertTrue(answer.getHeader("X-Correlation-ID").startsWith("req-"));
    }
    assertEquals(413, post("/payments/batch", "x".repeat(2 << 20), "").statusCode());

    var mixed = new JsonArray().add(payment("good")).add(payment("good")).add(payment("coins").put("currency", "DOUBLOON"))
        .add(payment("dear").put("amount", 10_001));
    assertEquals(200, post("/payments/batch", new JsonObject().put("payments", mixed).encode(), "mixed").statusCode());
    int port = consumer.port();
    eventually("four payments are through", () -> metric(port, "kafka_messages_consumed_total{topic=\"payments\"}") == 4);
    eventually("each with its outcome", () -> metric(port, "payments_processed_total{status=\"processed\"}") == 1
        && metric(port, "payments_processed_total{status=\"duplicate\"}") == 1
        && metric(port, "payments_failed_total{reason=\"unknown currency\"}") == 1
        && metric(port, "payments_failed_total{reason=\"amount over 10000\"}") == 1);
    assertEquals(99.99, metric(port, "payment_amount_processed_total{currency=\"USD\"}"));
    assertEquals(99.99, get(port, "/stats").bodyAsJsonObject().getJsonObject("booked").getDouble("USD"));
    assertEquals(6, metric(producer.port(), "http_requests_total{endpoint=\"/payments/batch\",status=\"400\"}"));
    assertEquals(4, get(producer.port(), "/stats").bodyAsJsonObject().getInteger("messages_delivered"));
  }

  @Test
  void answersThatKafkaIsAwayAndGoesOnWhenItIsBack() throws Exception {
    assertEquals(200, post("/payments/single", payment("before").encode(), "").statusCode());
    eventually("healthy", () -> get(producer.port(), "/health").statusCode() == 200);
    kafka.stopBroker(0);
    HttpResponse<?> refused = post("/payments/single", payment("during").encode(), "away");
    assertEquals(503, refused.statusCode(), refused.bodyAsString());
    assertEquals(1, refused.bodyAsJsonObject().getInteger("failed"));
    assertTrue(lines("producer.log").stream().anyMatch(line -> line.getString("level").equals("ERROR")
        && line.getString("correlation_id").equals("away")));
    eventually("unhealthy", () -> get(producer.port(), "/health").statusCode() == 503);
    eventually("no figure for the lag", () -> Double.isNaN(metric(producer.port(),
        "kafka_consumergroup_lag{consumergroup=\"payment-processors\",topic=\"payments\",partition=\"0\"}")));
    kafka.startBroker(0);
    eventually("taken again", () -> post("/payments/single", payment("after").encode(), "").statusCode() == 200);
    eventually("healthy again", () -> get(producer.port(), "/health").statusCode() == 200
        && get(consumer.port(), "/health").statusCode() == 200);
    eventually("booked", () -> lines("consumer.log").stream().anyMatch(line -> line.getString("payment_id", "").equals("after")));
  }

  private String value(EngineProcess engine, String query) {
    var data = new JsonObject(engine.get("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)).body())
        .getJsonObject("data");
    JsonArray result = data.getJsonArray("result");
    return result.isEmpty() ? "" : result.getJsonObject(0).getJsonArray("value").getString(1);
  }

  /// The example's configuration with this test's ports in the place of its own.
  private Path configuration(int webhook) throws IOException {
    Path copy = Files.createDirectories(folder.resolve("example"));
    for (String file : List.of("tidemark.yml", "rules.yml", "story-rules.yml")) {
      String text = Files.readString(EXAMPLE.resolve(file)).replace(":9181", ":" + producer.port())
          .replace(":9182", ":" + consumer.port()).replace(":9184", ":" + webhook);
      Files.writeString(copy.resolve(file), text);
    }
    return copy.resolve("tidemark.yml");
  }

  private static boolean tells(List<JsonObject> notifications, String alert, String status) {
    return notifications.stream().flatMap(one -> one.getJsonArray("alerts").stream()).map(JsonObject.class::cast)
        .anyMatch(one -> one.getJsonObject("labels").getString("alertname").equals(alert) && one.getString("status").equals(status));
  }

  @Test
  void aStoppedConsumerIsPagedAndNothingIsLost() throws Exception {
    var notifications = new CopyOnWriteArrayList<JsonObject>();
    int webhook = vertx.createHttpServer().requestHandler(request -> request.body().onSuccess(body -> {
      notifications.add(body.toJsonObject());
      request.response().end();
    })).listen(0, "127.0.0.1").await(SECONDS, TimeUnit.SECONDS).actualPort();
    int port = consumer.port();
    try (EngineProcess engine = EngineProcess.start(folder.resolve("engine"), "--config", configuration(webhook).toString())) {
      for (int i = 0; i < 5; i++) {
        assertEquals(200, post("/payments/batch", batch("a" + i + "-", 200), "").statusCode());
      }
      eventually("all payments booked", () -> metric(port, "payments_processed_total{status=\"processed\"}") == 1_000);
      eventually("the engine sees no lag", () -> value(engine, "sum(kafka_consumergroup_lag)").equals("0"));

      vertx.undeploy(consumer.deploymentID()).await(SECONDS, TimeUnit.SECONDS);
      for (int i = 0; i < 8; i++) {
        assertEquals(200, post("/payments/batch", batch("b" + i + "-", 200), "").statusCode());
      }
      eventually("the lag is paged", () -> tells(notifications, "PaymentsWait", "firing"));
      eventually("all of it is seen", () -> value(engine, "sum(kafka_consumergroup_lag)").equals("1600"));
      eventually("the silence is told", () -> tells(notifications, "PaymentConsumerSilent", "firing"));

      consumer = consumer(folder.resolve("logs"), port);
      eventually("the rest is booked", () -> metric(port, "payments_processed_total{status=\"processed\"}") == 1_600);
      eventually("the end of the lag is told", () -> tells(notifications, "PaymentsWait", "resolved"));
      eventually("and that of the silence", () -> tells(notifications, "PaymentConsumerSilent", "resolved"));
      eventually("no lag is left", () -> value(engine, "sum(kafka_consumergroup_lag)").equals("0"));

      int other = consumer(folder.resolve("other-logs"), 0).port();
      String rebalances = "kafka_consumer_rebalances_total{group=\"payment-processors\"}";
      eventually("two consumers share the partitions", () -> metric(port, rebalances) >= 2 && metric(other, rebalances) >= 1);
      for (String query : queries()) {
        eventually("an answer to " + query, () -> !value(engine, query).isEmpty());
      }
    }
  }

  /// Of all panels of the example's dashboards.
  private static Set<String> queries() throws IOException {
    Path file = EXAMPLE.resolve("dashboards.yml");
    var problems = new Problems(file.toString());
    var queries = new TreeSet<String>();
    for (var dashboard : Yaml.parse(Files.readString(file), problems).sections("dashboards")) {
      dashboard.sections("panels").forEach(panel -> queries.add(panel.text("query", "")));
    }
    problems.throwIfAny();
    assertTrue(queries.size() > 15, queries::toString);
    return queries;
  }
}
