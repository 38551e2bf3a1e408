package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.util.Map;

/// Shards of one process, to be read one by one. Safe on any thread.
public interface ShardReader {
  /// Of a process that stores nothing.
  ShardReader NONE = new ShardReader() {
    @Override
    public Map<Integer, Long> applied() {
      return Map.of();
    }

    @Override
    public Future<SeriesView> view(Map<Integer, Long> positions) {
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "this node has no shards"));
    }
  };

  /// The shards that answer, each with the log position up to which (exclusive) it has everything.
  Map<Integer, Long> applied();

  /// A view of these shards only, once each has everything before its position (exclusive). Fails with `UNAVAILABLE` when one of them
  /// is not here; how long to wait is up to the caller.
  Future<SeriesView> view(Map<Integer, Long> positions);
}
