package io.tidemark.cluster.kafka;

import io.tidemark.cluster.ClusterConfig;
import io.tidemark.cluster.Ownership;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The shards that a consumer group gives this node: the partitions of the samples' topic.
///
/// The consumer only holds the membership: its partitions are paused, records are read elsewhere at positions of their own. The
/// cooperative assignor moves as few partitions as it can, and a member is known by its node id, so that a node that is back within
/// the session timeout finds its shards again and nothing moves.
///
/// A shard that the group takes away stays for a while: it goes on following the log, so queries find it here until its new owner has
/// loaded it, and a group that only lost sight of its members (Kafka was away) changes nothing. Two owners do no harm, because a
/// replica writes nothing that another reads but blocks that are equal.
public final class GroupOwnership implements Ownership {
  private static final Logger LOG = LoggerFactory.getLogger(GroupOwnership.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long RETRY_NANOS = 1_000_000_000L;
  private static final int HEARTBEATS_A_SESSION = 3;
  private static final long STAY_NANOS_MIN = 20_000_000_000L;

  private final KafkaLogConfig log;
  private final ClusterConfig config;
  private final Counter rebalances;
  private final Counter failures;
  private final Clock clock;
  private final TreeSet<Integer> owned = new TreeSet<>();
  /// Shards that the group took away, and when they go.
  private final TreeMap<Integer, Long> leaving = new TreeMap<>();
  private final Promise<Void> ended = Promise.promise();
  private volatile int ownedCount;
  private volatile boolean closed;
  private boolean started;

  public GroupOwnership(KafkaLogConfig log, ClusterConfig config, Clock clock, Metrics metrics) {
    this.log = log;
    this.config = config;
    this.clock = clock;
    rebalances = metrics.counter("tidemark_cluster_rebalances_total", "Times the shards of this node changed.");
    failures = metrics.counter("tidemark_cluster_group_failures_total", "Times the consumer group did not answer.");
    metrics.gauge("tidemark_cluster_shards_owned", "Shards that the consumer group gives this node.", () -> ownedCount);
  }

  @Override
  public synchronized Future<Void> start(Listener listener) {
    started = true;
    Thread.ofPlatform().name("tidemark-ownership").daemon().start(() -> run(listener));
    return Future.succeededFuture();
  }

  /// Named after the topic too: clusters with topics of their own may share one Kafka, and must not share a group.
  private String group() {
    return log.topic().name() + ".storage-" + config.replicaSet();
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> settings = log.clientSettings("ownership");
    settings.put("group.id", group());
    settings.put("group.instance.id", config.node());
    settings.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
    settings.put("session.timeout.ms", (int) config.sessionMillis());
    settings.put("heartbeat.interval.ms", (int) (config.sessionMillis() / HEARTBEATS_A_SESSION));
    settings.put("max.poll.interval.ms", (int) Math.max(30_000, 2 * config.sessionMillis()));
    settings.put("enable.auto.commit", false);
    settings.put("auto.offset.reset", "latest");
    settings.put("allow.auto.create.topics", false);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /// Takes part until closed; after a failure that ends a consumer, with a new one.
  private void run(Listener listener) {
    while (!closed) {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
        consumer.subscribe(List.of(log.topic().name()), changes(consumer, listener));
        while (!closed) {
          consumer.poll(POLL);
          letGo(listener);
        }
      } catch (WakeupException e) {
        LOG.debug("The consumer of shard ownership was woken.", e);
      } catch (KafkaException e) {
        failures.increment();
        LOG.atWarn().addKeyValue("group", group()).addKeyValue("reason", e.getMessage())
            .log("Taking part in the consumer group failed; trying again. The shards stay as they are");
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
    leaving.keySet().forEach(listener::lost);
    owned.forEach(listener::lost);
    ended.complete();
  }

  private ConsumerRebalanceListener changes(KafkaConsumer<byte[], byte[]> consumer, Listener listener) {
    return new ConsumerRebalanceListener() {
      @Override
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        consumer.pause(partitions);
        rebalances.increment();
        for (TopicPartition partition : partitions) {
          int shard = partition.partition();
          boolean stayed = leaving.remove(shard) != null;
          if (owned.add(shard) && !stayed) {
            listener.gained(shard);
          }
        }
        // A new consumer is told of everything it has: what an earlier one had beyond that is gone.
        var kept = new TreeSet<Integer>();
        consumer.assignment().forEach(partition -> kept.add(partition.partition()));
        for (int shard : List.copyOf(owned)) {
          if (!kept.contains(shard)) {
            leave(shard);
          }
        }
        ownedCount = owned.size();
      }

      @Override
      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> leave(partition.partition()));
      }

      @Override
      public void onPartitionsLost(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> leave(partition.partition()));
      }
    };
  }

  private void leave(int shard) {
    if (owned.remove(shard)) {
      leaving.put(shard, clock.nanos() + Math.max(STAY_NANOS_MIN, 2 * config.sessionMillis() * 1_000_000));
      ownedCount = owned.size();
    }
  }

  private void letGo(Listener listener) {
    leaving.entrySet().removeIf(entry -> {
      boolean over = entry.getValue() - clock.nanos() <= 0;
      if (over) {
        listener.lost(entry.getKey());
      }
      return over;
    });
  }

  @Override
  public synchronized Future<Void> close() {
    closed = true;
    if (!started) {
      ended.tryComplete();
    }
    return ended.future();
  }
}
