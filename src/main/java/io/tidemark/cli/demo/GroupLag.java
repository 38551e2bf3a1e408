package io.tidemark.cli.demo;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/// How far the group is behind, asked of the brokers: `kafka_consumergroup_lag` for each partition.
///
/// It is measured outside of the consumers, because a consumer that is gone tells nothing, and one that hangs repeats its last figure.
/// While the brokers do not answer the gauge is NaN rather than the last known value.
final class GroupLag {
  private final Admin admin;
  private final PaymentTopic topic;
  private final Clock clock;
  private final Counter failures;
  private final Map<TopicPartition, Double> lags = new ConcurrentHashMap<>();
  private final AtomicBoolean underWay = new AtomicBoolean();
  private volatile long answeredNanos;

  GroupLag(Admin admin, PaymentTopic topic, Metrics metrics, Clock clock) {
    this.admin = admin;
    this.topic = topic;
    this.clock = clock;
    answeredNanos = clock.nanos();
    failures = metrics.counter("kafka_consumergroup_lag_errors_total", "Times the brokers did not tell the lag.");
    for (TopicPartition partition : topic.partitions()) {
      metrics.gauge("kafka_consumergroup_lag", "Messages that the group has not yet committed.",
          () -> lags.getOrDefault(partition, Double.NaN), "consumergroup", topic.group(), "topic", partition.topic(),
          "partition", String.valueOf(partition.partition()));
    }
  }

  /// Asks once, unless the answer to the question before is still outstanding. Any thread; returns at once.
  void measure() {
    if (!underWay.compareAndSet(false, true)) {
      return;
    }
    CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> committed = admin.listConsumerGroupOffsets(topic.group())
        .partitionsToOffsetAndMetadata().toCompletionStage().toCompletableFuture();
    CompletableFuture<Map<TopicPartition, ListOffsetsResultInfo>> begins = offsets(OffsetSpec.earliest());
    CompletableFuture<Map<TopicPartition, ListOffsetsResultInfo>> ends = offsets(OffsetSpec.latest());
    CompletableFuture.allOf(committed, begins, ends).whenComplete((_, failure) -> {
      if (failure == null) {
        for (TopicPartition partition : topic.partitions()) {
          OffsetAndMetadata done = committed.join().get(partition);
          long from = done == null ? begins.join().get(partition).offset() : done.offset();
          // The three answers are of slightly different moments.
          lags.put(partition, (double) Math.max(0, ends.join().get(partition).offset() - from));
        }
        answeredNanos = clock.nanos();
      } else {
        failures.increment();
        lags.clear();
      }
      underWay.set(false);
    });
  }

  private CompletableFuture<Map<TopicPartition, ListOffsetsResultInfo>> offsets(OffsetSpec spec) {
    return admin.listOffsets(topic.partitions().stream().collect(Collectors.toMap(Function.identity(), _ -> spec))).all()
        .toCompletionStage().toCompletableFuture();
  }

  /// Nanoseconds since the brokers last answered.
  long silentNanos() {
    return clock.nanos() - answeredNanos;
  }

  /// Of all partitions together; NaN while it is not known.
  double total() {
    return lags.size() < PaymentTopic.PARTITIONS ? Double.NaN : lags.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
