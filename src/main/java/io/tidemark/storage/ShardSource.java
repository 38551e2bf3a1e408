package io.tidemark.storage;

import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/// Where the past of a shard lies beside the local disk: the object store, for one. Any thread; a failure makes the gain of the shard
/// fail and be tried again later.
public interface ShardSource {
  /// There is no such place: a shard's past is its local directory and the log.
  ShardSource NONE = new ShardSource() {
    @Override
    public Future<OptionalLong> newestCheckpoint(int shard) {
      return Future.succeededFuture(OptionalLong.empty());
    }

    @Override
    public Future<Void> fetchCheckpoint(int shard, long position, Path file) {
      throw new IllegalStateException("there is no checkpoint to fetch for shard " + shard);
    }

    @Override
    public Future<List<Block>> blocks(int shard) {
      return Future.succeededFuture(List.of());
    }

    @Override
    public Future<Boolean> holds(int shard, Collection<BlockName> blocks) {
      return Future.succeededFuture(false);
    }
  };

  /// The position of the newest checkpoint there, if any. All blocks that it relies on must be in {@link #blocks}.
  Future<OptionalLong> newestCheckpoint(int shard);

  /// Copies a checkpoint to `file`, which is whole and durable when the future completes, and not there when it fails.
  Future<Void> fetchCheckpoint(int shard, long position, Path file);

  /// Copies a block to `file`, which is whole and durable when the future completes with true, and else not there. False when there is no
  /// copy.
  default Future<Boolean> fetchBlock(int shard, BlockName name, Path file) {
    return Future.succeededFuture(false);
  }

  /// The blocks there, open for reading; superseded ones left out. When the place is away, what is known of it, if that is all.
  Future<List<Block>> blocks(int shard);

  /// Whether all of these blocks, or what superseded them, are there: if so, local copies may go.
  Future<Boolean> holds(int shard, Collection<BlockName> blocks);
}
