package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.cli.servers.S3Server;
import io.tidemark.config.Secret;
import io.tidemark.disk.Disk;
import io.tidemark.guard.GuardConfig;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.Log;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.objects.ObjectLimits;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.ObjectStoreConfig;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.ThreadLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The tier on real threads, a real file system and a real S3 server that goes away and comes back.
class S3TierThreadsTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_704_067_200_000L;
  private static final int SERIES = 50;
  private static final int HOURS = 8;

  @TempDir
  Path directory;

  private final List<ThreadLoop> loops = new ArrayList<>();
  private final ExecutorService workers = Executors.newFixedThreadPool(4);
  private final ExecutorService readers = Executors.newFixedThreadPool(4);
  private final Metrics metrics = new Metrics();

  @AfterEach
  void stop() {
    loops.forEach(ThreadLoop::close);
    workers.shutdownNow();
    readers.shutdownNow();
  }

  private ThreadLoop loop() {
    var loop = new ThreadLoop();
    loops.add(loop);
    return loop;
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
  }

  /// Looks again every 20 ms, on a loop.
  private static Future<Void> until(ThreadLoop loop, BooleanSupplier isSo) {
    Promise<Void> promise = Promise.promise();
    look(loop, isSo, promise);
    return promise.future();
  }

  private static void look(ThreadLoop loop, BooleanSupplier isSo, Promise<Void> promise) {
    if (isSo.getAsBoolean()) {
      promise.complete();
    } else {
      loop.after(20, () -> look(loop, isSo, promise));
    }
  }

  private double metric(String name) {
    return metrics.print().lines().filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  /// Samples and their sum, which an exact double holds here.
  private record Total(long samples, double sum) {}

  private static Total total(Storage storage, String name) {
    try (Selection all = storage.now().select(List.of(Matcher.equal(LabelSet.NAME, name)), TimeRange.ALL, 1_000_000)) {
      var buffer = new SampleBuffer();
      long samples = 0;
      double sum = 0;
      for (int i = 0; i < all.count(); i++) {
        all.read(i, buffer);
        samples += buffer.count;
        for (int j = 0; j < buffer.count; j++) {
          sum += buffer.values[j];
        }
      }
      return new Total(samples, sum);
    }
  }

  private void write(Log log) {
    var writer = new BatchWriter(log, 1, BatchLimits.DEFAULT, Clock.system(), metrics);
    for (long t = T0; t < T0 + HOURS * HOUR; t += 30_000) {
      for (int i = 0; i < SERIES; i++) {
        writer.add(writer.define(LabelSet.of(LabelSet.NAME, "m", "i", "" + i)), t, (t - T0) / 1000 + i);
      }
      writer.add(writer.define(LabelSet.of(LabelSet.NAME, "unread")), t, (t - T0) / 1000);
      if (t % 600_000 == 0) {
        await(writer.flush());
      }
    }
    await(writer.flush());
  }

  @Test
  void readersOnManyThreadsSeeTheSameWhileBlocksMoveAndTheStoreComesAndGoes() throws Exception {
    try (S3Server server = S3Server.inDirectory(0, directory.resolve("s3"))) {
      server.createBucket("tidemark");
      var config = new ObjectStoreConfig.S3(server.endpoint().toString(), S3Server.REGION, "tidemark", "node/", S3Server.ACCESS_KEY,
          new Secret(S3Server.SECRET_KEY), true, new GuardConfig("s3", 30_000, List.of(20L), 2, 200), ObjectLimits.DEFAULT);
      ThreadLoop timers = loop();
      ObjectStore store = await(ObjectStore.open(config, ObjectStore.Known.NOTHING, directory, Disk.local(), workers, timers,
          Clock.system(), Entropy.system(), metrics));
      Log log = await(Log.open(SegmentLogConfig.DEFAULT, directory.resolve("log"), Disk.local(), workers, Clock.system(), metrics));
      // A cache that holds next to nothing, so that reads go to the store.
      var tier = Tier.open(new TierConfig(HOUR, Long.MAX_VALUE, 0, 1, Long.MAX_VALUE, 1),
          new Tier.Parts(store, directory.resolve("storage"), Disk.local(), loop(), workers, Clock.system(), metrics, log.partitions()));
      var blocks = new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512);
      Storage storage = Storage.open(blocks, new StorageParts(directory.resolve("storage"), Disk.local(), log,
          _ -> loop(), workers, Clock.system(), Entropy.system(), metrics, tier, tier));
      await(storage.own(Set.of(0, 1)));
      write(log);
      await(storage.caughtUp());
      Total expected = total(storage, "m");
      assertEquals(SERIES * HOURS * 120L, expected.samples);

      var reads = new ArrayList<java.util.concurrent.Future<Total>>();
      Callable<Total> read = () -> total(storage, "m");
      await(storage.seal());
      for (int i = 0; i < 40; i++) {
        reads.add(readers.submit(read));
      }
      await(until(timers, () -> metric("tidemark_cold_blocks") >= 4 && metric("tidemark_cold_waiting_blocks") == 0));
      for (var result : reads) {
        assertEquals(expected, result.get(120, TimeUnit.SECONDS));
      }
      assertEquals(expected, total(storage, "m"));

      server.stop();
      // What was read again and again may still be at hand.
      TidemarkException away = assertThrows(TidemarkException.class, () -> total(storage, "unread"));
      assertEquals(ErrorCode.UNAVAILABLE, away.code(), away.getMessage());
      server.start();
      await(until(timers, () -> {
        try {
          return workers.submit(() -> total(storage, "unread")).get(120, TimeUnit.SECONDS).samples == HOURS * 120L;
        } catch (java.util.concurrent.ExecutionException e) {
          return false;
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      }));
      assertEquals(expected, total(storage, "m"));
      assertTrue(metric("tidemark_guard_opened_total") >= 1, "the circuit opened while the store was away");
      assertEquals(0, metric("tidemark_cold_damaged_objects_total"));
      await(storage.close());
      await(tier.close());
      await(store.close());
      await(log.close());
    }
  }
}
