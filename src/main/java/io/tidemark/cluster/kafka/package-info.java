/// Shards spread over nodes by a Kafka consumer group, one group for each replica set.
///
/// **Purpose** Kafka already knows how to share partitions out among processes that come and go.
/// **Invariants** of the members of one group at most one owns a shard, by Kafka's word; records are never read here.
/// **Threading** one thread of its own. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.cluster.kafka.GroupOwnership}
@NullMarked
package io.tidemark.cluster.kafka;

import org.jspecify.annotations.NullMarked;
