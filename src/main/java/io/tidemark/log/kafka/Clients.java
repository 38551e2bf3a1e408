package io.tidemark.log.kafka;

import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.Log;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// Makes Kafka's clients with the settings that the log's promises rest on.
final class Clients {
  /// A batch record at its largest, with headers and Kafka's own framing.
  static final int MESSAGE_BYTES_MAX = Log.RECORD_BYTES_MAX + (1 << 20);
  /// Longest wait for an answer about topics and offsets.
  static final int ADMIN_MILLIS = 5_000;
  /// Each open group of records takes a buffer of this size, however few bytes it holds.
  private static final int GROUP_BYTES = 64 * 1024;
  private static final int FETCH_BYTES_MAX = 16 << 20;
  private static final int PARTITION_FETCH_BYTES_MAX = 1 << 20;
  private static final int POLL_RECORDS_MAX = 2_000;
  /// How long a broker may hold a fetch that finds nothing. A partition asked for meanwhile waits for it.
  private static final int FETCH_WAIT_MILLIS = 100;
  private static final long FOR_EVER_MILLIS = 365L * 86_400_000;
  /// REQUIREMENTS R31: the pauses before further attempts.
  private static final int RETRY_MILLIS_MIN = 10;
  private static final int RETRY_MILLIS_MAX = 50;

  private Clients() {}

  static Admin admin(KafkaLogConfig config) {
    Map<String, Object> settings = config.clientSettings("admin");
    settings.put("request.timeout.ms", ADMIN_MILLIS);
    settings.put("default.api.timeout.ms", ADMIN_MILLIS);
    return Admin.create(settings);
  }

  /// The producer keeps order per partition over its own retries, because it is idempotent, and never blocks in `send`: it has no wait
  /// for room, and what it knows of the topic it never forgets.
  static KafkaProducer<byte[], byte[]> producer(KafkaLogConfig config) {
    Map<String, Object> settings = config.clientSettings("producer");
    KafkaLogConfig.Producing producing = config.producing();
    int timeoutMillis = (int) Math.min(Integer.MAX_VALUE, producing.guard().timeoutMillis());
    int lingerMillis = Math.min(producing.lingerMillis(), timeoutMillis / 2);
    settings.put("acks", "all");
    settings.put("enable.idempotence", true);
    settings.put("max.in.flight.requests.per.connection", 5);
    settings.put("compression.type", producing.compression().name().toLowerCase(Locale.ROOT));
    settings.put("linger.ms", lingerMillis);
    settings.put("batch.size", GROUP_BYTES);
    settings.put("max.request.size", MESSAGE_BYTES_MAX);
    settings.put("buffer.memory", 2 * producing.inFlightBytesMax() + MESSAGE_BYTES_MAX + 8L * GROUP_BYTES * config.partitions());
    settings.put("max.block.ms", 0);
    settings.put("metadata.max.idle.ms", FOR_EVER_MILLIS);
    settings.put("delivery.timeout.ms", timeoutMillis);
    settings.put("request.timeout.ms", Math.max(1, (timeoutMillis - lingerMillis) / 2));
    settings.put("retry.backoff.ms", RETRY_MILLIS_MIN);
    settings.put("retry.backoff.max.ms", RETRY_MILLIS_MAX);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /// A consumer without a group: who reads what is decided elsewhere.
  static KafkaConsumer<byte[], byte[]> consumer(KafkaLogConfig config, int lane) {
    Map<String, Object> settings = config.clientSettings("reader-" + lane);
    settings.put("enable.auto.commit", false);
    settings.put("auto.offset.reset", "none");
    settings.put("allow.auto.create.topics", false);
    settings.put("fetch.max.bytes", FETCH_BYTES_MAX);
    settings.put("max.partition.fetch.bytes", PARTITION_FETCH_BYTES_MAX);
    settings.put("max.poll.records", POLL_RECORDS_MAX);
    settings.put("fetch.max.wait.ms", FETCH_WAIT_MILLIS);
    settings.put("request.timeout.ms", ADMIN_MILLIS);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
