package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/// The blocks of a shard that is here, as a tier moves them between disk and object store. Any thread; futures complete on the
/// shard's loop and fail with {@link ErrorCode#UNAVAILABLE} when the shard is lost.
///
/// A *local* block is a file in the shard's directory; a *cold* one is read from elsewhere. Queries see both alike. Compaction and
/// retention work on local ones only, and leave a range alone that a cold block lies in.
public interface ShardBlocks {
  /// The shard's number, that of its log partition.
  int shard();

  /// The local blocks, the older first.
  List<Block> local();

  /// The cold blocks, the older first.
  List<Block> cold();

  /// Up to where of the log the shard knows deletes; 0 for none.
  long erasedTo();

  /// Shows cold blocks to queries; those shown already, or there as equal local files, are left out.
  Future<Void> show(Collection<Block> cold);

  /// Shows a cold block in place of the local one of its name and deletes the file. Nothing happens when there is no such local block
  /// any more; the cold one is not shown then.
  Future<Void> replaceLocal(BlockName local, Block cold);

  /// Hides cold blocks from queries that start afterwards.
  Future<Void> hide(Collection<Block> cold);

  /// Reads these companions from now on and no others, each beside the block that it was made of, local or cold, as long as that is
  /// shown.
  void companions(Map<Block, Companion> all);
}
