package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.api.ApiVerticle;
import io.tidemark.api.ListenConfig;
import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.disk.Disk;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.Log;
import io.tidemark.log.kafka.KafkaFixture;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.WallTimers;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A correlation id from the HTTP request to the header of the Kafka record.
class KafkaTracesTest {
  private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  @TempDir
  private Path dir;
  private final Metrics metrics = new Metrics();
  private final Clock clock = Clock.system();

  @Test
  void theRecordOfAPushCarriesItsCorrelationIdAndTrace() throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    try (KafkaServer server = KafkaServer.start(dir.resolve("kafka"), 1); var timers = new WallTimers()) {
      KafkaLogConfig config = KafkaFixture.config(server, 1, 60_000);
      Log log = KafkaFixture.await(Log.open(config, dir, Disk.local(), Runnable::run, timers, clock, metrics));
      Ingest ingest = ingest(new EventLoop(vertx), log);
      var face = new ApiVerticle(new ListenConfig("127.0.0.1", 0), _ -> router -> IngestRoutes.mount(router, ingest), List.of(), metrics,
          Entropy.system());
      KafkaFixture.await(vertx.deployVerticle(face));
      String given = push(face.port(), "X-Correlation-ID", "order-4711", "traceparent", TRACEPARENT);
      String made = push(face.port());
      assertEquals("order-4711", given);
      List<List<String>> headers = headers(config, 2);
      assertEquals(List.of("correlation-id=order-4711", "traceparent=" + TRACEPARENT), headers.get(0));
      assertEquals(List.of("correlation-id=" + made), headers.get(1));
      KafkaFixture.await(log.close());
    } finally {
      KafkaFixture.await(vertx.close());
    }
  }

  private Ingest ingest(EventLoop loop, Log log) {
    var writer = new BatchWriter(log, 1, BatchLimits.DEFAULT, clock, metrics);
    var limits = IngestLimits.DEFAULT;
    var budgets = new SeriesBudgets(CardinalityConfig.of(1L << 30), clock, Entropy.system(), metrics);
    return new Ingest(limits, new Gate(limits, clock, metrics), budgets, loop, writer, clock, Entropy.system(), metrics);
  }

  /// Pushes a sample and gives the correlation id of the answer.
  private static String push(int port, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/import/prometheus"))
        .timeout(Duration.ofSeconds(KafkaFixture.SECONDS)).POST(HttpRequest.BodyPublishers.ofString("pushed 1\n"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      assertEquals(204, answer.statusCode(), answer.body());
      return answer.headers().firstValue("X-Correlation-ID").orElseThrow();
    }
  }

  private List<List<String>> headers(KafkaLogConfig config, int count) {
    Map<String, Object> settings = Map.of("bootstrap.servers", config.bootstrapServers());
    try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partition = new TopicPartition(config.topic().name(), 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      long deadline = clock.nanos() + TimeUnit.SECONDS.toNanos(KafkaFixture.SECONDS);
      while (found.size() < count) {
        assertTrue(clock.nanos() < deadline, () -> "found " + found.size() + " records");
        consumer.poll(Duration.ofSeconds(1)).forEach(found::add);
      }
      var all = new ArrayList<List<String>>();
      for (ConsumerRecord<byte[], byte[]> record : found) {
        var headers = new ArrayList<String>();
        record.headers().forEach(h -> headers.add(h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8)));
        all.add(headers);
      }
      return all;
    }
  }
}
