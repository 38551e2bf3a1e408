package io.tidemark.log.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.Disk;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The log on real threads and a real file system.
class SegmentLogThreadsTest {
  private static final int WRITERS = 4;
  private static final int RECORDS_EACH = 2_000;

  @TempDir
  Path folder;

  private final ExecutorService io = Executors.newFixedThreadPool(3);
  private final ExecutorService callers = Executors.newFixedThreadPool(WRITERS + 2);

  @AfterEach
  void stop() {
    io.shutdown();
    callers.shutdown();
  }

  private Log open(long recentBytes) {
    var config = new SegmentLogConfig("test", 1, 50_000, 1 << 20, 10_000, recentBytes);
    return await(Log.open(config, folder, Disk.local(), io, Clock.system(), new Metrics()));
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  @Test
  void partitionGoesOnAfterAnErrorOfAListener() {
    Log log = open(5_000);
    var listens = new CountDownLatch(1);
    for (int i = 0; i < 3; i++) {
      io.execute(() -> {
        try {
          listens.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      });
    }
    var second = new CompletableFuture<Long>();
    log.append(0, "first".getBytes(StandardCharsets.UTF_8)).onComplete(_ -> {
      log.append(0, "second".getBytes(StandardCharsets.UTF_8)).onComplete(done -> second.complete(done.result()));
      throw new AssertionError("as the test asks for");
    });
    listens.countDown();
    assertEquals(1L, second.orTimeout(60, TimeUnit.SECONDS).join());
    assertEquals(2L, await(log.append(0, "third".getBytes(StandardCharsets.UTF_8))));
    await(log.close());
  }

  /// Each writer's records come in its order, each reader sees all of them once, while segments roll and old ones are trimmed.
  @Test
  void readersSeeEveryRecordOnceWhileWritersRace() {
    Log log = open(5_000);
    var readers = new ArrayList<CompletableFuture<List<LogRecord>>>();
    for (int i = 0; i < 2; i++) {
      readers.add(CompletableFuture.supplyAsync(() -> tail(log), callers));
    }
    var writers = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < WRITERS; i++) {
      String name = "writer-" + i + ":";
      writers.add(CompletableFuture.runAsync(() -> write(log, name), callers));
    }
    writers.forEach(CompletableFuture::join);
    for (var reader : readers) {
      List<LogRecord> records = reader.join();
      assertEquals(WRITERS * RECORDS_EACH, records.size());
      var next = new int[WRITERS];
      for (int i = 0; i < records.size(); i++) {
        assertEquals(i, records.get(i).position());
        String[] parts = new String(records.get(i).bytes(), StandardCharsets.UTF_8).split("[-:]");
        assertEquals(next[Integer.parseInt(parts[1])]++, Integer.parseInt(parts[2]));
      }
    }
    log.trim(0, 4_000);
    await(log.close());
    Log again = open(0);
    assertEquals(WRITERS * RECORDS_EACH, again.end(0));
    assertTrue(again.begin(0) > 0 && again.begin(0) <= 4_000);
    await(again.close());
  }

  private static List<LogRecord> tail(Log log) {
    var records = new ArrayList<LogRecord>();
    while (records.size() < WRITERS * RECORDS_EACH) {
      records.addAll(await(log.read(0, records.size(), 3_000)));
    }
    return records;
  }

  private static void write(Log log, String name) {
    var waiting = new ArrayList<Future<Long>>();
    for (int i = 0; i < RECORDS_EACH; i++) {
      waiting.add(log.append(0, (name + i).getBytes(StandardCharsets.UTF_8)));
      if (waiting.size() == 50) {
        waiting.forEach(SegmentLogThreadsTest::await);
        waiting.clear();
      }
    }
    waiting.forEach(SegmentLogThreadsTest::await);
  }

  @Test
  void completesOnTheCallersOwnContext() {
    Log log = open(0);
    Vertx vertx = Vertx.vertx();
    var seen = new CompletableFuture<Context>();
    Context context = vertx.getOrCreateContext();
    context.runOnContext(_ -> log.append(0, new byte[10]).onComplete(_ -> seen.complete(Vertx.currentContext())));
    assertSame(context, seen.orTimeout(60, TimeUnit.SECONDS).join());
    await(log.close());
    await(vertx.close());
  }
}
