package io.tidemark.log.kafka;

import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.LogRecord;
import io.tidemark.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread and consumer of one lane, for all partitions. It starts with the first order.
final class Fetcher {
  private static final Logger LOG = LoggerFactory.getLogger(Fetcher.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final long SWEEP_NANOS = 1_000_000_000;

  private final int lane;
  private final String topic;
  private final List<PartitionReads> partitions;
  private final Supplier<KafkaConsumer<byte[], byte[]>> consumers;
  private final Clock clock;
  private final KafkaMetrics metrics;
  /// Partitions with an order; each is in here as often as it was signalled, which the number of waiting reads bounds.
  private final LinkedBlockingQueue<Integer> signalled = new LinkedBlockingQueue<>();
  private final Thread thread;

  // Guarded by this.
  private boolean started;
  private volatile boolean closing;
  private volatile KafkaConsumer<byte[], byte[]> waking;

  // The thread's alone.
  private final Set<TopicPartition> assigned = new HashSet<>();
  private final BitSet fetching = new BitSet();
  private long sweptNanos;

  Fetcher(int lane, KafkaLogConfig config, List<PartitionReads> partitions, Clock clock, KafkaMetrics metrics) {
    this.lane = lane;
    this.topic = config.topic().name();
    this.partitions = partitions;
    this.clock = clock;
    this.metrics = metrics;
    consumers = () -> Clients.consumer(config, lane);
    thread = Thread.ofPlatform().daemon().name("tidemark-" + config.name() + "-read-" + lane).unstarted(this::run);
  }

  /// There is an order for a partition.
  void signal(int partition) {
    signalled.add(partition);
    synchronized (this) {
      if (!started && !closing) {
        started = true;
        thread.start();
      }
    }
    wake();
  }

  private void wake() {
    KafkaConsumer<byte[], byte[]> consumer = waking;
    if (consumer != null) {
      consumer.wakeup();
    }
  }

  /// Ends the thread, at the latest when a poll returns.
  void close() {
    synchronized (this) {
      closing = true;
      if (!started) {
        return;
      }
    }
    signalled.add(0);
    wake();
    try {
      thread.join(Clients.ADMIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closing) {
      try (KafkaConsumer<byte[], byte[]> consumer = consumers.get()) {
        assigned.clear();
        fetching.clear();
        waking = consumer;
        fetch(consumer);
      } catch (RuntimeException e) {
        LOG.atError().addKeyValue("topic", topic).addKeyValue("lane", lane).setCause(e)
            .log("Reading the Kafka topic failed; starting over with a new consumer");
        failAll(e);
      } finally {
        waking = null;
      }
    }
  }

  private void fetch(KafkaConsumer<byte[], byte[]> consumer) {
    while (!closing) {
      sweep(consumer);
      takeOrders(consumer);
      if (!fetching.isEmpty()) {
        poll(consumer);
      }
    }
  }

  /// Applies what waits in the queue; when nothing is fetched, waits for it.
  private void takeOrders(KafkaConsumer<byte[], byte[]> consumer) {
    try {
      Integer partition = fetching.isEmpty() ? signalled.poll(POLL.toMillis(), TimeUnit.MILLISECONDS) : signalled.poll();
      while (partition != null && !closing) {
        follow(consumer, partition);
        partition = signalled.poll();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing = true;
    }
  }

  private void follow(KafkaConsumer<byte[], byte[]> consumer, int partition) {
    Lane.Order order = partitions.get(partition).order(lane);
    var at = new TopicPartition(topic, partition);
    if (order.seek() >= 0) {
      if (assigned.add(at)) {
        consumer.assign(assigned);
      }
      consumer.seek(at, order.seek());
    }
    if (!assigned.contains(at) || order.seek() < 0 && fetching.get(partition) == order.fetch()) {
      return;
    }
    if (order.fetch()) {
      consumer.resume(List.of(at));
    } else {
      consumer.pause(List.of(at));
    }
    fetching.set(partition, order.fetch());
  }

  private void poll(KafkaConsumer<byte[], byte[]> consumer) {
    ConsumerRecords<byte[], byte[]> found;
    try {
      found = consumer.poll(POLL);
    } catch (WakeupException _) {
      return;
    } catch (OffsetOutOfRangeException e) {
      for (TopicPartition at : e.partitions()) {
        stop(consumer, at);
        partitions.get(at.partition()).outOfRange(lane);
      }
      return;
    } catch (KafkaException e) {
      metrics.readFailures.increment();
      LOG.atWarn().addKeyValue("topic", topic).addKeyValue("lane", lane).addKeyValue("reason", e.getMessage())
          .log("Fetching from Kafka failed; the readers are told");
      fetching.stream().mapToObj(p -> new TopicPartition(topic, p)).toList().forEach(at -> stop(consumer, at));
      failAll(e);
      return;
    }
    for (TopicPartition at : found.partitions()) {
      partitions.get(at.partition()).deliver(lane, convert(found.records(at)));
      follow(consumer, at.partition());
    }
  }

  private void stop(KafkaConsumer<byte[], byte[]> consumer, TopicPartition at) {
    consumer.pause(List.of(at));
    fetching.clear(at.partition());
  }

  private List<LogRecord> convert(List<ConsumerRecord<byte[], byte[]>> found) {
    var records = new ArrayList<LogRecord>(found.size());
    for (ConsumerRecord<byte[], byte[]> record : found) {
      // Nothing of ours has no value, but others can write to a topic; storage counts what it cannot decode.
      byte[] value = record.value();
      records.add(new LogRecord(record.offset(), value == null ? new byte[0] : value));
    }
    metrics.readAgeSeconds.observe(Math.max(0, clock.millis() - found.getLast().timestamp()) / 1e3);
    return records;
  }

  private void failAll(RuntimeException failure) {
    partitions.forEach(reads -> reads.fail(lane, failure));
  }

  private void sweep(KafkaConsumer<byte[], byte[]> consumer) {
    long now = clock.nanos();
    if (now - sweptNanos < SWEEP_NANOS) {
      return;
    }
    sweptNanos = now;
    partitions.forEach(PartitionReads::forgetIdle);
    for (int partition : fetching.stream().toArray()) {
      follow(consumer, partition);
    }
  }
}
