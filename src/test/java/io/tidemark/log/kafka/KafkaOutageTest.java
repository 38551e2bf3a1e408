package io.tidemark.log.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.disk.Disk;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.log.Trace;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.WallTimers;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real broker goes away and comes back under appends.
class KafkaOutageTest {
  private static final int SERIES = 40;
  private static final long TIMEOUT_MILLIS = 1_500;

  @TempDir
  private Path dir;
  private KafkaServer server;
  private final WallTimers timers = new WallTimers();
  private final Metrics metrics = new Metrics();

  @BeforeEach
  void start() {
    server = KafkaServer.start(dir.resolve("kafka"), 1);
  }

  @AfterEach
  void stop() {
    server.close();
    timers.close();
  }

  private Log open(KafkaLogConfig config, Metrics into) {
    return KafkaFixture.await(Log.open(config, dir.resolve("node"), Disk.local(), work -> Thread.ofVirtual().start(work), timers,
        Clock.system(), into));
  }

  private static byte[] record(long number) {
    return String.valueOf(number).getBytes(StandardCharsets.UTF_8);
  }

  private static void settle(Future<?> future) {
    future.transform(_ -> Future.succeededFuture()).toCompletionStage().toCompletableFuture().orTimeout(KafkaFixture.SECONDS,
        TimeUnit.SECONDS).join();
  }

  private static List<Long> numbers(List<byte[]> records) {
    return records.stream().map(bytes -> Long.parseLong(new String(bytes, StandardCharsets.UTF_8))).toList();
  }

  /// Without a spool: refused within the deadline, then at once; what was acknowledged stays, in its order; a reader at the end goes on.
  @Test
  void appendsAreRefusedWhileTheBrokerIsAwayAndWorkAgainAfterwards() {
    KafkaLogConfig config = KafkaFixture.config(server, 1, TIMEOUT_MILLIS);
    Log log = open(config, metrics);
    var acknowledged = new ArrayList<Long>();
    for (long i = 0; i < 50; i++) {
      KafkaFixture.await(log.append(0, record(i)));
      acknowledged.add(i);
    }
    Future<List<LogRecord>> atEnd = log.read(0, 50, 1000);
    server.stopBroker(0);
    var during = new ArrayList<Future<Long>>();
    for (long i = 50; i < 60; i++) {
      during.add(log.append(0, record(i)));
    }
    during.forEach(append -> {
      settle(append);
      assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) append.cause()).code());
    });
    assertEquals(2, KafkaFixture.metric(metrics, "tidemark_guard_state"), "the circuit is open");
    Future<Long> refused = log.append(0, record(60));
    assertTrue(refused.failed(), "an open circuit refuses at once");
    assertFalse(atEnd.isComplete());
    server.startBroker(0);
    long number = 61;
    Future<Long> again = log.append(0, record(number));
    settle(again);
    while (again.failed()) {
      again = log.append(0, record(++number));
      settle(again);
      KafkaFixture.until(timers, pause());
    }
    acknowledged.add(number);
    assertEquals(number, Long.parseLong(new String(KafkaFixture.await(atEnd).getFirst().bytes(), StandardCharsets.UTF_8)));
    assertEquals(acknowledged, numbers(KafkaFixture.readAll(log, 0)));
    KafkaFixture.await(log.close());
  }

  /// Becomes true at the second look.
  private static BooleanSupplier pause() {
    var looks = new AtomicInteger();
    return () -> looks.incrementAndGet() > 1;
  }

  private record Sent(int series, long time, double value, Future<Void> flushed) {}

  /// A writer whose epochs are short goes on while the broker is stopped and started again, twice: every acknowledged sample is there.
  @Test
  void theSpoolTakesOverAndEveryAcknowledgedSampleDecodes() {
    KafkaLogConfig config = KafkaFixture.config(server, 3, TIMEOUT_MILLIS).withSpool(64 << 20);
    Log log = open(config, metrics);
    var writer = new BatchWriter(log, 7, new BatchLimits(4_000, 60, 200, 8 << 20, 0), Clock.system(), new Metrics());
    var sent = new ArrayList<Sent>();
    long time = 0;
    for (int outage = 0; outage < 2; outage++) {
      time = write(writer, sent, time, 40);
      server.stopBroker(0);
      time = write(writer, sent, time, 60);
      assertTrue(KafkaFixture.metric(metrics, "tidemark_log_spooled_records_total") > 0, "the spool took over");
      CompletableFuture<Void> starting = CompletableFuture.runAsync(() -> server.startBroker(0));
      time = write(writer, sent, time, 60);
      starting.orTimeout(KafkaFixture.SECONDS, TimeUnit.SECONDS).join();
      KafkaFixture.until(timers, () -> KafkaFixture.metric(metrics, "tidemark_log_spool_records") == 0);
    }
    time = write(writer, sent, time, 20);
    assertEquals(0, KafkaFixture.metric(metrics, "tidemark_log_spool_bytes"));
    assertTrue(KafkaFixture.await(log.append(0, new byte[] {1})) >= 0, "an append goes to Kafka directly again");
    long acknowledged = sent.stream().filter(s -> s.flushed.succeeded()).count();
    assertEquals(sent.size(), acknowledged, "no sample was refused");
    var replay = new StrictReplay();
    for (int partition = 0; partition < 3; partition++) {
      List<byte[]> records = new ArrayList<>(KafkaFixture.readAll(log, partition));
      records.removeIf(bytes -> bytes.length == 1);
      replay.read(records);
    }
    for (Sent s : sent) {
      Double value = replay.values.getOrDefault(labels(s.series), new TreeMap<>()).get(s.time);
      assertEquals(s.value, value, () -> "series " + s.series + " at " + s.time);
    }
    KafkaFixture.await(log.close());
  }

  private static LabelSet labels(int series) {
    return LabelSet.of("__name__", "m" + series % 7, "s", String.valueOf(series));
  }

  private long write(BatchWriter writer, List<Sent> sent, long from, int batches) {
    var flushes = new ArrayList<Future<Void>>();
    long time = from;
    for (int i = 0; i < batches; i++) {
      var batch = new ArrayList<Sent>();
      for (int k = 0; k < 15; k++) {
        int series = (int) ((time * 15 + k * 7) % SERIES);
        writer.add(writer.define(labels(series)), time, time + series);
        batch.add(new Sent(series, time, time + series, Future.succeededFuture()));
      }
      Future<Void> flushed = writer.flush();
      flushes.add(flushed);
      batch.forEach(s -> sent.add(new Sent(s.series, s.time, s.value, flushed)));
      time++;
      if (flushes.size() % 3 == 0) {
        settle(flushed);
      }
    }
    flushes.forEach(KafkaOutageTest::settle);
    return time;
  }

  @Test
  void aFullSpoolRefusesAndSurvivesARestart() {
    KafkaLogConfig config = KafkaFixture.config(server, 2, TIMEOUT_MILLIS).withSpool(20_000);
    Log log = open(config, metrics);
    KafkaFixture.await(log.append(0, record(0)));
    server.stopBroker(0);
    var acknowledged = new ArrayList<Long>(List.of(0L));
    var refused = 0;
    for (long i = 1; refused < 3; i++) {
      Future<Long> append = log.append(0, record(i), List.of(Trace.of("", "request-" + i)));
      settle(append);
      if (append.succeeded()) {
        assertEquals(Log.UNPLACED, append.result());
        acknowledged.add(i);
      } else {
        assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) append.cause()).code());
        assertTrue(append.cause().getMessage().contains("log.spool.size"), append.cause().getMessage());
        refused++;
      }
    }
    assertTrue(acknowledged.size() > 300, acknowledged.size() + " records fit the spool");
    KafkaFixture.await(log.close());
    server.startBroker(0);
    var restarted = new Metrics();
    Log again = open(config, restarted);
    KafkaFixture.until(timers, () -> KafkaFixture.metric(restarted, "tidemark_log_spool_records") == 0);
    assertTrue(KafkaFixture.await(again.append(0, record(1_000_000))) >= 0);
    acknowledged.add(1_000_000L);
    List<Long> found = numbers(KafkaFixture.readAll(again, 0));
    // What was under way when the broker stopped may have arrived before it was spooled.
    assertEquals(acknowledged, found.stream().distinct().toList());
    assertEquals(found.stream().sorted().toList(), found);
    KafkaFixture.await(again.close());
    Log third = open(config, new Metrics());
    assertEquals(found.size(), KafkaFixture.await(third.ends())[0], "what was drained is not drained again");
    KafkaFixture.await(third.close());
  }
}
