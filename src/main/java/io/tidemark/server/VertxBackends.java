package io.tidemark.server;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.CatalogConfig;
import io.tidemark.cluster.Topology;
import io.tidemark.disk.Disk;
import io.tidemark.guard.Guards;
import io.tidemark.log.Log;
import io.tidemark.state.State;
import io.tidemark.state.StateConfig;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.Storage;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Optional;
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
  public SeriesReader reader(NodeConfig config, Identity identity, Supplier<Topology> topology, Optional<Storage> local, Log log,
      Metrics metrics) {
    return local.orElseThrow();
  }
}
