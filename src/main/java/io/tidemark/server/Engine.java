package io.tidemark.server;

import io.tidemark.log.Log;
import io.tidemark.query.QueryEngine;
import io.tidemark.storage.Storage;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The houses of one process, wired in the order of the data. It knows no sockets and no Vert.x, so it runs as it is under virtual
/// time; {@link Node} puts ports in front of it.
final class Engine {
  private final Log log;
  private final Storage storage;
  private final QueryEngine queries;

  private Engine(Log log, Storage storage, QueryEngine queries) {
    this.log = log;
    this.storage = storage;
    this.queries = queries;
  }

  /// Opens everything below `config.dataDir()`; completes when writes and queries work.
  static Future<Engine> open(NodeConfig config, Platform platform, Metrics metrics) {
    Path dir = config.dataDir();
    return Log.open(config.log(), dir.resolve("ingest"), platform.disk(), platform.io(), platform.clock(), metrics)
        .compose(log -> openStorage(config, platform, metrics, log).map(storage -> new Engine(log, storage,
            new QueryEngine(storage, config.query(), platform.workers(), platform.clock(), metrics))));
  }

  private static Future<Storage> openStorage(NodeConfig config, Platform platform, Metrics metrics, Log log) {
    List<Loop> loops = new ArrayList<>();
    for (int i = 0; i < log.partitions(); i++) {
      loops.add(platform.loops().apply("shard-" + i));
    }
    return Storage.open(config.storage(), config.dataDir().resolve("storage"), platform.disk(), log, loops, platform.workers(),
        platform.clock(), metrics);
  }

  Log log() {
    return log;
  }

  Storage storage() {
    return storage;
  }

  QueryEngine queries() {
    return queries;
  }

  /// Ends everything in the order of the data; what was acknowledged is durable before and after.
  Future<Void> close() {
    return storage.close().eventually(log::close);
  }
}
