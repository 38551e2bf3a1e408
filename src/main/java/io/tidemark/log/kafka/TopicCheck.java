package io.tidemark.log.kafka;

import io.tidemark.log.KafkaLogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the topic, or checks that the one which is there keeps what the log promises. Blocks; for a virtual thread.
final class TopicCheck {
  private static final Logger LOG = LoggerFactory.getLogger(TopicCheck.class);
  private static final long PAUSE_MILLIS = 100;
  private static final int SEGMENTS_PER_RETENTION = 7;
  private static final long SEGMENT_MILLIS_MIN = 600_000;

  private final Admin admin;
  private final KafkaLogConfig.Topic topic;
  private final Timers timers;
  private final Clock clock;
  private final long deadlineNanos;

  TopicCheck(Admin admin, KafkaLogConfig.Topic topic, Timers timers, Clock clock, long deadlineNanos) {
    this.admin = admin;
    this.topic = topic;
    this.timers = timers;
    this.clock = clock;
    this.deadlineNanos = deadlineNanos;
  }

  /// Fails with `BAD_DATA` when the topic exists with other settings, `UNAVAILABLE` when Kafka gives no answer until the deadline.
  void ensure() {
    List<String> differences = differences(settled());
    if (!differences.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "Kafka topic " + topic.name() + " exists with other settings: "
          + String.join("; ", differences) + ". Change the topic (kafka-configs, kafka-topics), or log.kafka in the configuration");
    }
  }

  /// The topic as it is, made before if need be. After it is made, other brokers may not know it for a moment.
  private TopicDescription settled() {
    boolean made = false;
    while (true) {
      try {
        return await(admin.describeTopics(List.of(topic.name())).allTopicNames()).get(topic.name());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof UnknownTopicOrPartitionException) {
          made = made || make();
        } else if (!(e.getCause() instanceof RetriableException)) {
          throw Failures.of(place(), e);
        }
        pause(e.getCause());
      }
    }
  }

  private boolean make() {
    var made = new NewTopic(topic.name(), topic.partitions(), (short) topic.replication()).configs(expected());
    try {
      await(admin.createTopics(List.of(made)).all());
      LOG.atInfo().addKeyValue("topic", topic.name()).addKeyValue("partitions", topic.partitions())
          .addKeyValue("replication", topic.replication()).log("Made the Kafka topic");
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicExistsException) {
        return true;
      }
      if (e.getCause() instanceof RetriableException) {
        return false;
      }
      throw Failures.of("making " + place(), e);
    }
  }

  private Map<String, String> expected() {
    var settings = new TreeMap<String, String>();
    settings.put("min.insync.replicas", String.valueOf(topic.minInsync()));
    settings.put("retention.ms", String.valueOf(topic.retentionMillis()));
    settings.put("retention.bytes", "-1");
    settings.put("cleanup.policy", "delete");
    settings.put("max.message.bytes", String.valueOf(Clients.MESSAGE_BYTES_MAX));
    settings.put("unclean.leader.election.enable", "false");
    // Only closed segments are deleted, so a segment must not stay open for as long as the retention.
    settings.put("segment.ms", String.valueOf(Math.max(SEGMENT_MILLIS_MIN, topic.retentionMillis() / SEGMENTS_PER_RETENTION)));
    return settings;
  }

  private List<String> differences(TopicDescription found) {
    var differences = new ArrayList<String>();
    differ(differences, "partitions", found.partitions().size(), topic.partitions());
    int copies = found.partitions().stream().mapToInt(p -> p.replicas().size()).min().orElse(0);
    if (copies < topic.replication()) {
      differences.add("replication is " + copies + ", expected at least " + topic.replication());
    }
    Config settings = settings();
    expected().forEach((key, expected) -> {
      String value = settings.get(key).value();
      boolean fits = switch (key) {
        case "max.message.bytes", "min.insync.replicas" -> Long.parseLong(value) >= Long.parseLong(expected);
        case "segment.ms" -> true;
        default -> value.equals(expected);
      };
      if (!fits) {
        differences.add(key + " is " + value + ", expected " + expected);
      }
    });
    return differences;
  }

  private static void differ(List<String> differences, String key, long found, long expected) {
    if (found != expected) {
      differences.add(key + " is " + found + ", expected " + expected);
    }
  }

  private Config settings() {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
    while (true) {
      try {
        return await(admin.describeConfigs(List.of(resource)).all()).get(resource);
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RetriableException)) {
          throw Failures.of("settings of " + place(), e);
        }
        pause(e.getCause());
      }
    }
  }

  private String place() {
    return "Kafka topic " + topic.name();
  }

  private <T> T await(KafkaFuture<T> future) throws ExecutionException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "opening " + place() + " was interrupted", e);
    }
  }

  /// Waits before the next try, or gives up.
  void pause(Throwable reason) {
    if (clock.nanos() - deadlineNanos >= 0) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, place() + " gives no answer: " + reason.getMessage()
          + "; check log.kafka.bootstrap_servers and that Kafka runs", reason);
    }
    var over = new CompletableFuture<Void>();
    timers.after(PAUSE_MILLIS, () -> over.complete(null));
    over.join();
  }
}
