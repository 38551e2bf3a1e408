package io.tidemark.storage.compact;

import io.tidemark.storage.block.BlockName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Which blocks go.
///
/// @param ageMillisMax how far a block's end may lie behind the newest sample; `Long.MAX_VALUE` for any
/// @param bytesMax     what all blocks together may take; `Long.MAX_VALUE` for any
public record Retention(long ageMillisMax, long bytesMax) {
  /// The blocks to delete, the oldest first.
  ///
  /// @param bytesByBlock all blocks with their sizes
  /// @param newestMillis the time that ages are measured from
  public List<BlockName> expired(Map<BlockName, Long> bytesByBlock, long newestMillis) {
    var kept = new ArrayList<>(bytesByBlock.keySet());
    kept.sort((a, b) -> a.endMillis() == b.endMillis() ? a.compareTo(b) : Long.compare(a.endMillis(), b.endMillis()));
    var expired = new ArrayList<BlockName>();
    long bytes = bytesByBlock.values().stream().mapToLong(Long::longValue).sum();
    for (BlockName block : kept) {
      boolean isOld = ageMillisMax != Long.MAX_VALUE && block.endMillis() <= newestMillis - ageMillisMax;
      if (isOld || bytes > bytesMax) {
        expired.add(block);
        bytes -= bytesByBlock.get(block);
      }
    }
    return expired;
  }
}
