package io.tidemark.storage;

import io.tidemark.storage.block.Block;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What a shard's tombstones mean for its blocks: which still hold what is erased, and what readers must not see of those.
///
/// A tombstone is *over* a block when all the block's samples came before it in the log and the times overlap. A block that was looked
/// through, or written anew, is clean of the tombstones up to a position; that is known until the process ends, then it is looked
/// through again. Any thread may ask; the loop changes.
final class Erasures {
  /// The mask of one block under one list of tombstones.
  private record Mask(List<Tombstone> tombstones, Erased erased) {}

  private final Map<Block, Long> cleanTo = new ConcurrentHashMap<>();
  private final Map<Block, Mask> masks = new ConcurrentHashMap<>();

  /// Those of the tombstones that may erase something in the block, in the order of the log. Any thread.
  List<Tombstone> over(Block block, List<Tombstone> tombstones) {
    long from = Math.max(block.name().position(), cleanTo.getOrDefault(block, 0L));
    if (tombstones.isEmpty() || from > tombstones.getLast().position()) {
      return List.of();
    }
    return tombstones.stream().filter(tombstone -> tombstone.isOver(from, block.name().startMillis(), block.name().endMillis())).toList();
  }

  /// What they erase in the block; worked out once for each list. Any thread.
  Erased erased(Block block, List<Tombstone> tombstones) {
    if (tombstones.isEmpty()) {
      return Erased.NONE;
    }
    Mask known = masks.get(block);
    if (known == null || known.tombstones != tombstones) {
      known = new Mask(tombstones, Erased.of(block, over(block, tombstones)));
      masks.put(block, known);
    }
    return known.erased;
  }

  /// The block holds nothing that tombstones before `position` erase.
  void clean(Block block, long position) {
    cleanTo.merge(block, position, Math::max);
    masks.remove(block);
  }

  /// Forgets blocks that are there no more.
  void keep(Collection<Block> blocks) {
    cleanTo.keySet().retainAll(blocks);
    masks.keySet().retainAll(blocks);
  }
}
