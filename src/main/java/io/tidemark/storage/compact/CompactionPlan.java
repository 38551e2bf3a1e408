package io.tidemark.storage.compact;

import io.tidemark.storage.block.BlockName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// One merge: these blocks become that one.
///
/// Ranges are the window, 4 windows (8 h), 12 windows (24 h) and doublings of that up to the longest block. Blocks of one range are
/// merged when there are several and the range is over, that is, a block lies behind its end; the window itself when it has several
/// blocks, which is where late samples went. A block that fills its range already is only written again when enough small ones have
/// gathered on it, or when asked for.
///
/// @param inputs the blocks to merge, the older first; at least two
/// @param output what they become
public record CompactionPlan(List<BlockName> inputs, BlockName output) {
  /// Small blocks on top of a whole one that make a new merge worth its writing.
  private static final int LATE_BLOCKS_MIN = 3;

  public CompactionPlan {
    inputs = List.copyOf(inputs);
  }

  /// {@link #next(Collection, Collection, long, long, long, boolean)} without blocks that lie elsewhere.
  public static Optional<CompactionPlan> next(Collection<BlockName> blocks, long windowMillis, long blockMillisMax, boolean eager) {
    return next(blocks, List.of(), Long.MAX_VALUE, windowMillis, blockMillisMax, eager);
  }

  /// The next merge to do, smallest range first, or none.
  ///
  /// @param blocks   the blocks to merge
  /// @param cold     blocks that lie elsewhere and stay as they are. A range of the longest kind that one of them lies in is left alone
  ///                 whole: a merge beside it would bear the name of a merge with it
  /// @param position up to where this shard has sealed: cold blocks beyond it are another node's, which is further, and end no range
  /// @param eager    also merges few small blocks into one that fills its range
  public static Optional<CompactionPlan> next(Collection<BlockName> blocks, Collection<BlockName> cold, long position, long windowMillis,
      long blockMillisMax, boolean eager) {
    long frontier = Stream.concat(blocks.stream(), cold.stream().filter(block -> block.position() <= position))
        .mapToLong(BlockName::endMillis).max().orElse(Long.MIN_VALUE);
    List<Long> ranges = ranges(windowMillis, blockMillisMax);
    for (long rangeMillis : ranges) {
      for (var group : groups(blocks, rangeMillis).entrySet()) {
        long start = group.getKey();
        long end = start + rangeMillis;
        List<BlockName> inputs = group.getValue();
        boolean isOver = rangeMillis == windowMillis || end <= frontier;
        if (inputs.size() > 1 && isOver && isWorth(inputs, rangeMillis, windowMillis, eager) && isAlone(inputs, blocks, start, end)
            && isWarm(start, cold, ranges.getLast())) {
          return Optional.of(plan(inputs, start, end));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isWarm(long startMillis, Collection<BlockName> cold, long longestMillis) {
    long start = Math.floorDiv(startMillis, longestMillis) * longestMillis;
    return cold.stream().allMatch(block -> block.endMillis() <= start || block.startMillis() >= start + longestMillis);
  }

  static List<Long> ranges(long windowMillis, long blockMillisMax) {
    var ranges = new ArrayList<Long>();
    long range = windowMillis;
    for (int step = 0; range <= blockMillisMax && step < 32; step++) {
      ranges.add(range);
      range *= step == 0 ? 4 : step == 1 ? 3 : 2;
    }
    return ranges;
  }

  /// Blocks by the start of the aligned range that holds them whole.
  private static Map<Long, List<BlockName>> groups(Collection<BlockName> blocks, long rangeMillis) {
    var groups = new TreeMap<Long, List<BlockName>>();
    for (BlockName block : blocks) {
      long start = Math.floorDiv(block.startMillis(), rangeMillis) * rangeMillis;
      if (block.endMillis() <= start + rangeMillis) {
        groups.computeIfAbsent(start, _ -> new ArrayList<>()).add(block);
      }
    }
    return groups;
  }

  private static boolean isWorth(List<BlockName> inputs, long rangeMillis, long windowMillis, boolean eager) {
    boolean isWhole = inputs.stream().anyMatch(block -> block.endMillis() - block.startMillis() == rangeMillis);
    return eager || rangeMillis == windowMillis || !isWhole || inputs.size() > LATE_BLOCKS_MIN;
  }

  /// Whether no longer block lies over the range. Merging below it would make its older samples look newer than the longer block's.
  private static boolean isAlone(List<BlockName> inputs, Collection<BlockName> blocks, long start, long end) {
    return blocks.stream().allMatch(block -> inputs.contains(block) || block.endMillis() <= start || block.startMillis() >= end);
  }

  private static CompactionPlan plan(List<BlockName> inputs, long start, long end) {
    List<BlockName> sorted = inputs.stream().sorted().toList();
    int level = sorted.stream().mapToInt(BlockName::level).max().orElse(0) + 1;
    return new CompactionPlan(sorted, new BlockName(start, end, sorted.getLast().position(), level));
  }
}
