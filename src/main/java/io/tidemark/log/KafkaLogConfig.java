package io.tidemark.log;

import io.tidemark.config.Section;
import io.tidemark.config.Secret;
import io.tidemark.guard.GuardConfig;
import java.util.List;
import java.util.Locale;

/// How a log on Kafka is kept.
///
/// @param name             what its metrics and messages call it
/// @param bootstrapServers `host:port`, comma between
/// @param topic            where the records go
/// @param alertsTopic      where alert events go
/// @param producing        how records are sent
/// @param readBytes        bytes of fetched records kept in memory for readers, over all partitions, about
/// @param spoolBytesMax    bytes of records kept on the local disk while Kafka takes none; 0 for no spool
public record KafkaLogConfig(String name, String bootstrapServers, Topic topic, String alertsTopic, Producing producing, long readBytes,
    long spoolBytesMax, Security security) implements LogConfig {
  public static final KafkaLogConfig DEFAULT = new KafkaLogConfig("ingest", "127.0.0.1:9092",
      new Topic("tidemark.samples", 100, 3, 2, 7 * 86_400_000L), "tidemark.alerts",
      new Producing(Compression.ZSTD, 0, 64L << 20, new GuardConfig("kafka", 2_000, List.of(), 5, 1_000)), 128L << 20, 1L << 30,
      Security.NONE);
  /// Alert events are repeated by the rule engine every minute; older ones are of no use.
  private static final long ALERTS_RETENTION_MILLIS = 3_600_000;

  /// What the topic must be like. It is made so; one that exists with other settings is refused.
  ///
  /// @param minInsync copies that must have a record before it is acknowledged
  public record Topic(String name, int partitions, int replication, int minInsync, long retentionMillis) {
    public Topic {
      if (partitions < 1 || replication < 1 || minInsync < 1 || minInsync > replication || retentionMillis < 1) {
        throw new IllegalArgumentException("topic " + name + ": partitions, replication and retention must be positive, min_insync at most"
            + " replication");
      }
    }
  }

  /// What the producer does to a group of records before it sends them.
  public enum Compression { NONE, LZ4, ZSTD }

  /// @param lingerMillis     how long a record may wait for others to share a request with
  /// @param inFlightBytesMax bytes that may wait for Kafka; past it appends fail with `UNAVAILABLE`
  /// @param guard            its timeout is an append's deadline; it has no retries, because the producer makes them within it
  public record Producing(Compression compression, int lingerMillis, long inFlightBytesMax, GuardConfig guard) {}

  /// How the process shows who it is.
  ///
  /// @param username  empty for no login
  /// @param mechanism of SASL
  public record Security(boolean tls, String username, Secret password, String mechanism) {
    public static final Security NONE = new Security(false, "", Secret.NONE, "SCRAM-SHA-512");
  }

  @Override
  public int partitions() {
    return topic.partitions;
  }

  /// Reads the mappings `kafka` and `spool` of the section `log`.
  static KafkaLogConfig read(Section log) {
    Section section = log.sectionOrEmpty("kafka");
    Topic topic = DEFAULT.topic;
    Producing producing = DEFAULT.producing;
    int replication = (int) section.number("replication", topic.replication, 1, 100);
    int minInsync = (int) section.number("min_insync", Math.min(topic.minInsync, replication), 1, 100);
    if (minInsync > replication) {
      section.problem("min_insync", "log.kafka.min_insync: " + minInsync + " is more than replication, which is " + replication);
      minInsync = replication;
    }
    var config = new KafkaLogConfig(DEFAULT.name, section.text("bootstrap_servers", DEFAULT.bootstrapServers),
        new Topic(section.text("topic", topic.name), (int) section.number("partitions", topic.partitions, 1, 10_000), replication,
            minInsync, Math.max(1, section.durationMillis("retention", topic.retentionMillis))),
        section.text("alerts_topic", DEFAULT.alertsTopic),
        new Producing(Compression.valueOf(section.oneOf("compression", "zstd", "none", "lz4", "zstd").toUpperCase(Locale.ROOT)),
            (int) Math.min(1_000, section.durationMillis("linger", producing.lingerMillis)),
            Math.max(1, section.bytes("in_flight_size", producing.inFlightBytesMax)), producing.guard.read(section)),
        Math.max(1, section.bytes("read_size", DEFAULT.readBytes)), spoolBytes(log.sectionOrEmpty("spool")),
        new Security(section.flag("tls", false), section.text("username", ""), section.secret("password"),
            section.oneOf("mechanism", Security.NONE.mechanism, "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")));
    section.done();
    return config;
  }

  private static long spoolBytes(Section spool) {
    long bytes = spool.bytes("size", DEFAULT.spoolBytesMax);
    spool.done();
    return bytes;
  }

  /// Alert events have a topic of one partition, kept for an hour, and no spool: the notifier gets them past a log that takes none.
  @Override
  public KafkaLogConfig alerts() {
    GuardConfig guard = producing.guard;
    return new KafkaLogConfig("alerts", bootstrapServers, new Topic(alertsTopic, 1, topic.replication, topic.minInsync,
        ALERTS_RETENTION_MILLIS), alertsTopic, new Producing(producing.compression, producing.lingerMillis, producing.inFlightBytesMax,
            new GuardConfig("kafka_alerts", guard.timeoutMillis(), List.of(), guard.failuresToOpen(), guard.openMillis())),
        Math.min(readBytes, 4L << 20), 0, security);
  }

  /// The same with a spool of another size.
  public KafkaLogConfig withSpool(long bytesMax) {
    return new KafkaLogConfig(name, bootstrapServers, topic, alertsTopic, producing, readBytes, bytesMax, security);
  }
}
