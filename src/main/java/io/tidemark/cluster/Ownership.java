package io.tidemark.cluster;

import io.tidemark.cluster.kafka.GroupOwnership;
import io.tidemark.cluster.single.AllShards;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.LogConfig;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;

/// Which shards are this node's own. They may change at any time.
public interface Ownership {
  /// Told of changes, one after the other, on a thread that must not be held up.
  interface Listener {
    void gained(int shard);

    void lost(int shard);
  }

  /// Begins to take part; completes once that is asked for, which shards come of it is told to `listener`.
  Future<Void> start(Listener listener);

  /// Gives all shards away.
  Future<Void> close();

  /// A log of this machine is owned whole; the partitions of a Kafka topic are spread over the storage nodes of one replica set.
  static Ownership open(LogConfig log, ClusterConfig config, Clock clock, Metrics metrics) {
    return switch (log) {
      case SegmentLogConfig files -> new AllShards(files.partitions());
      case KafkaLogConfig kafka -> new GroupOwnership(kafka, config, clock, metrics);
    };
  }
}
