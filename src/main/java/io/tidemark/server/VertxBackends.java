package io.tidemark.server;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.CatalogConfig;
import io.tidemark.cluster.Topology;
import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.log.Log;
import io.tidemark.log.Partitioner;
import io.tidemark.query.ClusterReadParts;
import io.tidemark.query.ClusterReader;
import io.tidemark.query.NameShards;
import io.tidemark.state.State;
import io.tidemark.state.StateConfig;
import io.tidemark.storage.ShardReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// The twins of a real machine, their clients on Vert.x.
record VertxBackends(Vertx vertx, Clock clock, Entropy entropy, Executor io, Guards guards) implements Backends {
  @Override
  public Future<State> state(StateConfig config, Path folder, Metrics metrics) {
    return State.open(config, folder, Disk.local(), io, vertx, entropy, clock, metrics);
  }

  @Override
  public Future<Catalog> catalog(CatalogConfig config, Path file, Metrics metrics) {
    return Catalog.open(config, file, Disk.local(), io, vertx, clock, metrics);
  }

  @Override
  public ClusterReader reader(NodeConfig config, Identity identity, Supplier<Topology> topology, ShardReader local, Log log, Timers timers,
      Metrics metrics) {
    var partitioner = new Partitioner(log.partitions(), config.batch().windowPartitions());
    var names = new NameShards(log.partitions(), partitioner.window(), partitioner::first);
    return new ClusterReader(config.peer(), new ClusterReadParts(vertx, topology, identity.id(), local, log::ends, names, timers, clock,
        metrics, guards));
  }
}
