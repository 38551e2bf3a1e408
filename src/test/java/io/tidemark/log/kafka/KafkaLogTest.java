package io.tidemark.log.kafka;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.disk.Disk;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.KafkaLogConfig.Topic;
import io.tidemark.log.Log;
import io.tidemark.log.LogContract;
import io.tidemark.log.LogRecord;
import io.tidemark.log.Trace;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.WallTimers;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaLogTest extends LogContract {
  private static final long TIMEOUT_MILLIS = 60_000;

  @TempDir
  private static Path dir;
  private static KafkaServer server;

  private final WallTimers timers = new WallTimers();
  private final List<Log> opened = new ArrayList<>();
  private final KafkaLogConfig config = KafkaFixture.config(server, 2, TIMEOUT_MILLIS);
  private Metrics metrics = new Metrics();

  @BeforeAll
  static void startServer() {
    server = KafkaServer.start(dir, 1);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @AfterEach
  void close() {
    opened.forEach(log -> KafkaFixture.await(log.close()));
    timers.close();
  }

  @Override
  protected Log open() {
    return open(config);
  }

  private Log open(KafkaLogConfig config) {
    metrics = new Metrics();
    Log log = await(Log.open(config, dir, Disk.local(), Runnable::run, timers, Clock.system(), metrics));
    opened.add(log);
    return log;
  }

  @Override
  protected <T> void settle(Future<T> future) {
    future.transform(_ -> Future.succeededFuture()).toCompletionStage().toCompletableFuture()
        .orTimeout(KafkaFixture.SECONDS, TimeUnit.SECONDS).join();
  }

  /// Whatever the fetcher had before it now has had its turn: a record of another partition went all the way through it.
  @Override
  protected void settle() {
    Log log = opened.getLast();
    Future<Long> probe = log.append(1, record("probe"));
    settle(probe);
    if (probe.succeeded()) {
      await(log.read(1, probe.result(), 1));
    }
  }

  private static ErrorCode failure(Future<?> future) {
    return assertThrows(TidemarkException.class, () -> KafkaFixture.await(future)).code();
  }

  @Test
  void endsSeeWhatAnotherProcessAppended() {
    Log one = open();
    Log other = open();
    await(one.append(0, record("a")));
    await(one.append(1, record("b")));
    assertArrayEquals(new long[] {1, 1}, await(other.ends()));
    assertEquals(List.of("0:a"), texts(readAll(other, 0)));
    Future<List<LogRecord>> next = other.read(0, 1, 100);
    await(one.append(0, record("c")));
    assertEquals(List.of("1:c"), texts(await(next)));
    assertEquals(2, other.end(0));
  }

  @Test
  void writersOfTwoProcessesShareAPartitionEachInOrder() {
    Log one = open();
    Log other = open();
    var appends = new ArrayList<Future<Long>>();
    for (int i = 0; i < 200; i++) {
      appends.add((i % 2 == 0 ? one : other).append(0, record((i % 2 == 0 ? "one-" : "other-") + i)));
    }
    appends.forEach(this::await);
    await(one.ends());
    List<LogRecord> all = readAll(one, 0);
    assertEquals(200, all.size());
    for (String writer : List.of("one-", "other-")) {
      List<Integer> numbers = all.stream().map(r -> new String(r.bytes(), StandardCharsets.UTF_8)).filter(t -> t.startsWith(writer))
          .map(t -> Integer.parseInt(t.substring(writer.length()))).toList();
      assertEquals(numbers.stream().sorted().toList(), numbers);
    }
  }

  @Test
  void whatRetentionDeletedIsNotFound() throws Exception {
    Log log = open();
    for (int i = 0; i < 10; i++) {
      await(log.append(0, record("r" + i)));
    }
    try (Admin admin = KafkaFixture.admin(server)) {
      admin.deleteRecords(Map.of(new TopicPartition(config.topic().name(), 0), RecordsToDelete.beforeOffset(6))).all()
          .get(KafkaFixture.SECONDS, TimeUnit.SECONDS);
    }
    assertEquals(ErrorCode.NOT_FOUND, failure(log.read(0, 3, 100)));
    assertEquals(6, log.begin(0));
    assertEquals(List.of("6:r6", "7:r7", "8:r8", "9:r9"), texts(readAll(log, 0)));
  }

  @Test
  void trimDeletesNothing() {
    Log log = open();
    await(log.append(0, record("a")));
    await(log.append(0, record("b")));
    log.trim(0, 2);
    assertEquals(List.of("0:a", "1:b"), texts(readAll(log, 0)));
  }

  @Test
  void appendsPastTheBoundAreRefusedAtOnce() {
    Log log = open();
    Thread asking = Thread.currentThread();
    var asked = new CountDownLatch(1);
    var appends = new ArrayList<Future<Long>>();
    for (int i = 0; i < 100; i++) {
      // Answers come on the producer's one thread: the first is held until all have been asked for, and so are those behind it.
      appends.add(log.append(0, new byte[1 << 20]).onComplete(_ -> {
        if (Thread.currentThread() != asking) {
          hold(asked);
        }
      }));
    }
    asked.countDown();
    appends.forEach(append -> settle(append));
    long refused = appends.stream().filter(Future::failed).count();
    assertTrue(refused > 0 && refused < 100, () -> refused + " of 100 appends refused");
    appends.stream().filter(Future::failed).forEach(append -> assertEquals(ErrorCode.UNAVAILABLE, failure(append)));
    assertEquals(100 - refused, await(log.append(0, record("after"))));
    assertTrue(metrics.print().contains("tidemark_log_queue_bytes{log=\"test\"} 0"), metrics.print());
    assertTrue(metrics.print().contains("tidemark_guard_failures_total{system=\"kafka\"} 0"), "a full queue is no failure of Kafka");
  }

  private static void hold(CountDownLatch until) {
    try {
      assertTrue(until.await(KafkaFixture.SECONDS, TimeUnit.SECONDS), "asked in time");
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while appends were asked for", e);
    }
  }

  @Test
  void recordsCarryTheTracesOfTheirRequests() {
    Log log = open();
    String traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await(log.append(1, record("x"), List.of(Trace.of(traceparent, "first"), Trace.of("nonsense", "second"))));
    Map<String, Object> settings = Map.of("bootstrap.servers", server.bootstrap());
    try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partition = new TopicPartition(config.topic().name(), 1);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      long deadline = Clock.system().nanos() + TimeUnit.SECONDS.toNanos(KafkaFixture.SECONDS);
      while (found.isEmpty() && Clock.system().nanos() < deadline) {
        consumer.poll(Duration.ofSeconds(1)).forEach(found::add);
      }
      var headers = new ArrayList<String>();
      found.getFirst().headers().forEach(h -> headers.add(h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8)));
      assertEquals(List.of("correlation-id=first", "traceparent=" + traceparent, "correlation-id=second"), headers);
    }
  }

  @Test
  void makesTheTopicAsConfigured() throws Exception {
    open();
    try (Admin admin = KafkaFixture.admin(server)) {
      var found = admin.describeTopics(List.of(config.topic().name())).allTopicNames().get(KafkaFixture.SECONDS, TimeUnit.SECONDS);
      assertEquals(2, found.get(config.topic().name()).partitions().size());
    }
    assertEquals(2, open().partitions());
  }

  @Test
  void refusesATopicWithOtherSettings() throws Exception {
    Topic topic = config.topic();
    try (Admin admin = KafkaFixture.admin(server)) {
      var other = new NewTopic(topic.name(), 3, (short) 1).configs(Map.of("cleanup.policy", "compact", "retention.ms", "1000"));
      admin.createTopics(List.of(other)).all().get(KafkaFixture.SECONDS, TimeUnit.SECONDS);
    }
    var refused = assertThrows(TidemarkException.class, this::open);
    assertEquals(ErrorCode.BAD_DATA, refused.code());
    for (String part : List.of(topic.name(), "partitions is 3, expected 2", "cleanup.policy is compact, expected delete",
        "retention.ms is 1000, expected 604800000", "max.message.bytes is 1048588, expected 34603008")) {
      assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }
  }

  @Test
  void emptyPartitionsBeginAndEndAtZero() {
    Log log = open();
    assertEquals(0, log.begin(0));
    assertEquals(0, log.end(1));
    Future<List<LogRecord>> read = log.read(1, 0, 10);
    assertFalse(read.isComplete());
    await(log.append(1, record("x")));
    assertEquals(List.of("0:x"), texts(await(read)));
  }
}
