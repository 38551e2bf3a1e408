package io.tidemark.storage.compact;

import io.tidemark.storage.block.BlockName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// Which blocks go.
///
/// @param ageMillisMax how far a block's end may lie behind the newest sample; `Long.MAX_VALUE` for any
/// @param bytesMax     what the blocks of all shards together may take; `Long.MAX_VALUE` for any
public record Retention(long ageMillisMax, long bytesMax) {
  /// A block of one of the shards that share the bytes.
  public record Sized(int shard, BlockName name, long bytes) {}

  /// The same in every shard, so that all of them choose the same blocks, each from what it sees of the others.
  private static final Comparator<Sized> OLDEST_FIRST = Comparator.<Sized>comparingLong(block -> block.name.endMillis())
      .thenComparing(Sized::name).thenComparingInt(Sized::shard);

  /// The blocks of one shard to delete, the oldest first. Those of others, which these delete themselves, count for the bytes.
  ///
  /// @param blocks       of all shards; those of one have different names
  /// @param newestMillis the time that ages of the shard's blocks are measured from
  public List<BlockName> expired(int shard, Collection<Sized> blocks, long newestMillis) {
    var expired = new ArrayList<BlockName>();
    long bytes = blocks.stream().mapToLong(Sized::bytes).sum();
    for (Sized block : blocks.stream().sorted(OLDEST_FIRST).toList()) {
      boolean isOwn = block.shard == shard;
      boolean isOld = isOwn && ageMillisMax != Long.MAX_VALUE && block.name.endMillis() <= newestMillis - ageMillisMax;
      if (isOld || bytes > bytesMax) {
        bytes -= block.bytes;
        if (isOwn) {
          expired.add(block.name);
        }
      }
    }
    return expired;
  }
}
