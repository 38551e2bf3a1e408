package io.tidemark.storage.compact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.storage.block.BlockName;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompactionPlanTest {
  private static final long HOUR = 3_600_000;
  private static final long WINDOW = 2 * HOUR;
  private static final long DAY = 24 * HOUR;

  private static BlockName block(long startHour, long endHour, long position, int level) {
    return new BlockName(startHour * HOUR, endHour * HOUR, position, level);
  }

  private static List<BlockName> windows(int from, int to) {
    var blocks = new ArrayList<BlockName>();
    for (int i = from; i < to; i++) {
      blocks.add(block(i * 2L, i * 2L + 2, i + 1, 0));
    }
    return blocks;
  }

  /// Applies plans until there is none.
  private static List<BlockName> settle(List<BlockName> blocks, boolean eager) {
    var now = new ArrayList<>(blocks);
    for (int steps = 0; steps < 1000; steps++) {
      var plan = CompactionPlan.next(now, WINDOW, DAY, eager);
      if (plan.isEmpty()) {
        return now;
      }
      now.removeAll(plan.get().inputs());
      now.add(plan.get().output());
    }
    throw new AssertionError("never ends");
  }

  @Test
  void rangesAreNestedUpToTheLongestBlock() {
    assertEquals(List.of(2 * HOUR, 8 * HOUR, 24 * HOUR), CompactionPlan.ranges(WINDOW, DAY));
    assertEquals(List.of(2 * HOUR, 8 * HOUR, 24 * HOUR, 48 * HOUR), CompactionPlan.ranges(WINDOW, 3 * DAY));
    assertEquals(List.of(2 * HOUR), CompactionPlan.ranges(WINDOW, WINDOW));
  }

  @Test
  void waitsUntilARangeIsOver() {
    assertTrue(CompactionPlan.next(windows(0, 3), WINDOW, DAY, true).isEmpty());
    var plan = CompactionPlan.next(windows(0, 4), WINDOW, DAY, false).orElseThrow();
    assertEquals(windows(0, 4), plan.inputs());
    assertEquals(block(0, 8, 4, 1), plan.output());
  }

  @Test
  void aDayEndsAsOneBlock() {
    assertEquals(List.of(block(24, 26, 13, 0), block(0, 24, 12, 2)), settle(windows(0, 13), false));
  }

  @Test
  void blocksOfOneWindowAreMergedTheOlderFirst() {
    var plan = CompactionPlan.next(List.of(block(0, 2, 9, 0), block(0, 2, 5, 0)), WINDOW, DAY, false).orElseThrow();
    assertEquals(List.of(block(0, 2, 5, 0), block(0, 2, 9, 0)), plan.inputs());
    assertEquals(block(0, 2, 9, 1), plan.output());
  }

  @Test
  void fewLateSamplesDoNotRewriteAWholeDay() {
    var blocks = List.of(block(0, 24, 12, 2), block(4, 6, 20, 0), block(8, 10, 21, 0));
    assertTrue(CompactionPlan.next(blocks, WINDOW, DAY, false).isEmpty());
    assertEquals(List.of(block(0, 24, 21, 3)), settle(blocks, true));
    var more = List.of(block(0, 24, 12, 2), block(4, 6, 20, 0), block(8, 10, 21, 0), block(8, 10, 22, 0));
    assertEquals(List.of(block(0, 24, 22, 3)), settle(more, false));
  }

  @Test
  void neverMergesBelowALongerBlock() {
    var blocks = List.of(block(0, 24, 12, 2), block(4, 6, 20, 0), block(4, 6, 21, 0));
    assertTrue(CompactionPlan.next(blocks, WINDOW, DAY, false).isEmpty());
  }

  @Test
  void timesBefore1970Work() {
    assertEquals(List.of(block(0, 2, 9, 0), block(-8, 0, 4, 1)),
        settle(List.of(block(-8, -6, 1, 0), block(-6, -4, 2, 0), block(-2, 0, 4, 0), block(0, 2, 9, 0)), false));
  }

  private static List<Retention.Sized> sized(int shard, List<BlockName> blocks) {
    return blocks.stream().map(block -> new Retention.Sized(shard, block, 100)).toList();
  }

  @Test
  void retentionTakesTheOldestByAgeThenBySize() {
    List<Retention.Sized> blocks = sized(0, windows(0, 5));
    assertEquals(List.of(), new Retention(Long.MAX_VALUE, Long.MAX_VALUE).expired(0, blocks, Long.MAX_VALUE));
    assertEquals(windows(0, 2), new Retention(6 * HOUR, Long.MAX_VALUE).expired(0, blocks, 10 * HOUR));
    assertEquals(windows(0, 3), new Retention(Long.MAX_VALUE, 250).expired(0, blocks, 10 * HOUR));
    assertEquals(windows(0, 3), new Retention(8 * HOUR, 250).expired(0, blocks, 10 * HOUR));
  }

  @Test
  void shardsShareTheSizeAndTheOldestGoWhereverTheyLie() {
    var blocks = new ArrayList<>(sized(0, windows(0, 5)));
    blocks.addAll(sized(1, windows(3, 5)));
    var retention = new Retention(Long.MAX_VALUE, 450);
    assertEquals(windows(0, 3), retention.expired(0, blocks, 10 * HOUR), "700 bytes; three blocks are older than all of the other shard");
    assertEquals(List.of(), retention.expired(1, blocks, 10 * HOUR));
    var less = new Retention(Long.MAX_VALUE, 300);
    assertEquals(windows(0, 4), less.expired(0, blocks, 10 * HOUR));
    assertEquals(List.of(), less.expired(1, blocks, 10 * HOUR), "of two blocks of one time the first shard's goes");
    blocks.removeAll(sized(0, windows(0, 4)));
    assertEquals(List.of(), less.expired(1, blocks, 10 * HOUR), "what the other shard has deleted counts no more");
    assertEquals(windows(0, 2), new Retention(6 * HOUR, 450).expired(0, sized(0, windows(0, 5)), 10 * HOUR), "by age, so none by size");
  }

  @Test
  void namesComeBackFromFileNames() {
    for (BlockName name : List.of(block(0, 2, 0, 0), block(-48, -24, 123456789, 7))) {
      assertEquals(name, BlockName.parse(name.fileName()).orElseThrow());
    }
    for (String other : List.of("block_1_2_3.tmb", "block_5_2_3_0.tmb", "block_1_2_3_0.tmb.tmp", "block_99999999999999999999_2_3_0.tmb",
        "x")) {
      assertTrue(BlockName.parse(other).isEmpty(), other);
    }
  }
}
