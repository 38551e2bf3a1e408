package io.tidemark.query;

import io.tidemark.cluster.Topology;
import io.tidemark.guard.Guards;
import io.tidemark.storage.ShardReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/// What a {@link ClusterReader} works with.
///
/// @param topology the live nodes as last heard of
/// @param node     this node's id
/// @param local    this node's shards
/// @param ends     as `Log.ends`: asked once for each view
/// @param names    which shards hold which metric
/// @param timers   where deadlines and answers of guards come
public record ClusterReadParts(Vertx vertx, Supplier<Topology> topology, String node, ShardReader local, Supplier<Future<long[]>> ends,
    NameShards names, Timers timers, Clock clock, Metrics metrics, Guards guards) {}
