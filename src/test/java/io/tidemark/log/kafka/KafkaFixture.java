package io.tidemark.log.kafka;

import io.tidemark.cli.servers.KafkaServer;
import io.tidemark.config.Secret;
import io.tidemark.guard.GuardConfig;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.KafkaLogConfig.Compression;
import io.tidemark.log.KafkaLogConfig.Producing;
import io.tidemark.log.KafkaLogConfig.Security;
import io.tidemark.log.KafkaLogConfig.Topic;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;

/// What the tests of the log on Kafka share.
final class KafkaFixture {
  static final int SECONDS = 120;

  private KafkaFixture() {}

  /// A topic of its own, without a spool.
  static KafkaLogConfig config(KafkaServer server, int partitions, long timeoutMillis) {
    String topic = "test-" + Long.toHexString(Entropy.system().nextLong());
    return new KafkaLogConfig("test", server.bootstrap(), new Topic(topic, partitions, 1, 1, 7 * 86_400_000L), topic + "-alerts",
        new Producing(Compression.ZSTD, 0, 8 << 20, new GuardConfig("kafka", timeoutMillis, List.of(), 3, 300)), 8 << 20, 0,
        new Security(false, "", Secret.NONE, "PLAIN"));
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().orTimeout(SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof TidemarkException known ? known : e;
    }
  }

  static Admin admin(KafkaServer server) {
    return Admin.create(Map.of("bootstrap.servers", server.bootstrap()));
  }
}
