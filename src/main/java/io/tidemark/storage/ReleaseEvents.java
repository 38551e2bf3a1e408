package io.tidemark.storage;

import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import java.nio.file.Path;
import java.util.List;

/// Passes the events of shards on, and says when shards let go of much memory: with a window that became a block, blocks that were merged,
/// a shard that went.
///
/// @param released is called on the shard's loop and returns at once
public record ReleaseEvents(ShardEvents next, Runnable released) implements ShardEvents {
  @Override
  public void gained(ShardBlocks shard) {
    next.gained(shard);
  }

  @Override
  public void sealed(ShardBlocks shard, Block block, List<BlockName> superseded) {
    next.sealed(shard, block, superseded);
    released.run();
  }

  @Override
  public void checkpointed(int shard, long position, Path file) {
    next.checkpointed(shard, position, file);
  }

  @Override
  public void damaged(int shard, BlockName block, TidemarkException damage) {
    next.damaged(shard, block, damage);
  }

  @Override
  public void lost(int shard) {
    next.lost(shard);
    released.run();
  }
}
