package io.tidemark.log.kafka;

import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.config.Secret;
import io.tidemark.guard.GuardConfig;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.KafkaLogConfig.Compression;
import io.tidemark.log.KafkaLogConfig.Producing;
import io.tidemark.log.KafkaLogConfig.Security;
import io.tidemark.log.KafkaLogConfig.Topic;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.tidemark.time.WallTimers;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;

/// What the tests of the log on Kafka share.
public final class KafkaFixture {
  public static final int SECONDS = 120;

  private KafkaFixture() {}

  /// A topic of its own, without a spool.
  public static KafkaLogConfig config(KafkaServer server, int partitions, long timeoutMillis) {
    String topic = "test-" + Long.toHexString(Entropy.system().nextLong());
    return new KafkaLogConfig("test", server.bootstrap(), new Topic(topic, partitions, 1, 1, 7 * 86_400_000L), topic + "-alerts",
        new Producing(Compression.ZSTD, 0, 8 << 20, new GuardConfig("kafka", timeoutMillis, List.of(), 3, 300)), 8 << 20, 0,
        new Security(false, "", Secret.NONE, "PLAIN"));
  }

  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().orTimeout(SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof TidemarkException known ? known : e;
    }
  }

  static Admin admin(KafkaServer server) {
    return Admin.create(Map.of("bootstrap.servers", server.bootstrap()));
  }

  /// Waits until something is so.
  static void until(WallTimers timers, BooleanSupplier condition) {
    var done = new CompletableFuture<Void>();
    check(timers, condition, done);
    done.orTimeout(SECONDS, TimeUnit.SECONDS).join();
  }

  private static void check(WallTimers timers, BooleanSupplier condition, CompletableFuture<Void> done) {
    try {
      if (condition.getAsBoolean()) {
        done.complete(null);
      } else if (!done.isDone()) {
        timers.after(20, () -> check(timers, condition, done));
      }
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
    }
  }

  static long metric(Metrics metrics, String name) {
    return metrics.print().lines().filter(line -> line.startsWith(name + "{")).mapToLong(line ->
        Long.parseLong(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  static List<byte[]> readAll(Log log, int partition) {
    var records = new ArrayList<byte[]>();
    long end = await(log.ends())[partition];
    for (long from = log.begin(partition); from < end;) {
      List<LogRecord> found = await(log.read(partition, from, 1 << 20));
      found.forEach(record -> records.add(record.bytes()));
      from = found.getLast().position() + 1;
    }
    return records;
  }
}
