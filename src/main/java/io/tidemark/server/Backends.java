package io.tidemark.server;

import io.tidemark.catalog.Catalog;
import io.tidemark.catalog.CatalogConfig;
import io.tidemark.cluster.ClusterConfig;
import io.tidemark.cluster.Topology;
import io.tidemark.config.Section;
import io.tidemark.log.Log;
import io.tidemark.log.LogConfig;
import io.tidemark.objects.ObjectStoreConfig;
import io.tidemark.query.ClusterReader;
import io.tidemark.state.State;
import io.tidemark.state.StateConfig;
import io.tidemark.storage.ShardReader;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/// Opens those twins whose clients are part of the machine: a simulation has none.
interface Backends {
  /// Where everything is kept, each concern in its embedded form or in an outside system.
  record Choice(LogConfig log, StateConfig state, CatalogConfig catalog, Optional<ObjectStoreConfig> objects, ClusterConfig cluster) {
    static Choice read(Section root) {
      return new Choice(LogConfig.read(root.sectionOrEmpty("log")), StateConfig.read(root.sectionOrEmpty("state")),
          CatalogConfig.read(root.sectionOrEmpty("catalog")), ObjectStoreConfig.read(root.sectionOrEmpty("objects")),
          ClusterConfig.read(root.sectionOrEmpty("cluster")));
    }
  }

  /// @param folder of a state that is kept on this machine
  Future<State> state(StateConfig config, Path folder, Metrics metrics);

  /// @param file of a catalog that is kept on this machine
  Future<Catalog> catalog(CatalogConfig config, Path file, Metrics metrics);

  /// Where queries read in a cluster: the shards of all nodes, these included.
  ///
  /// @param topology the live nodes
  ClusterReader reader(NodeConfig config, Identity identity, Supplier<Topology> topology, ShardReader local, Log log, Timers timers,
      Metrics metrics);
}
