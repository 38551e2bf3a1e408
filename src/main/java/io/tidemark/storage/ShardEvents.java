package io.tidemark.storage;

import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import java.nio.file.Path;
import java.util.List;

/// Takes what happens to shards that lasts: blocks and checkpoints. A tier follows them to the object store.
///
/// All methods are called on the shard's loop, in the order of what happened, and must return at once.
public interface ShardEvents {
  /// Nobody follows.
  ShardEvents NONE = new ShardEvents() {};

  /// A shard is loaded and answers reads from now on. Its blocks are those of {@link ShardBlocks#local}; no event tells of them again.
  default void gained(ShardBlocks shard) {}

  /// A block is durable on the local disk and shown to queries.
  ///
  /// @param superseded local blocks whose samples it holds and whose files go now; none for a sealed window
  default void sealed(ShardBlocks shard, Block block, List<BlockName> superseded) {}

  /// A checkpoint is durable on the local disk. It relies on all blocks told of before: a copy of it elsewhere is of use only beside
  /// copies of all blocks whose position is not above the checkpoint's.
  ///
  /// @param file stays until two newer ones are written
  default void checkpointed(int shard, long position, Path file) {}

  /// A query met damage in a block, which is out of service now. A local file was renamed; of a cold block nothing was changed.
  default void damaged(int shard, BlockName block, TidemarkException damage) {}

  /// A shard is here no more; the handle that {@link #gained} gave is dead. Its files stay for a while.
  default void lost(int shard) {}
}
