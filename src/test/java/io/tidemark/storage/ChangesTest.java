package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChangesTest {
  private static long grain(long millis) {
    return Math.floorDiv(millis, Changes.GRAIN_MILLIS) * Changes.GRAIN_MILLIS;
  }

  @Test
  void tellTheLowestTimeSinceAnyMoment() {
    for (long seed = 0; seed < 50; seed++) {
      var random = new Random(seed);
      var changes = new Changes();
      var times = new ArrayList<Long>();
      for (int i = 0; i < 400; i++) {
        long at = i * 4_000L - (random.nextInt(8) == 0 ? random.nextInt(300_000) : random.nextInt(10_000));
        changes.add(at);
        times.add(grain(at));
        assertEquals(times.size(), changes.number());
        int since = random.nextInt(times.size() + 1);
        long lowest = times.subList(since, times.size()).stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
        assertEquals(lowest, changes.changedFromMillis(since), "seed " + seed + ", after " + since + " of " + times);
      }
    }
  }

  /// More than it keeps: never a higher time than the true one, and the newest questions stay exact.
  @Test
  void forgetOldMomentsOnTheSafeSide() {
    var changes = new Changes();
    int count = 3 * Changes.PAIRS_MAX;
    for (int i = 0; i < count; i++) {
      changes.add(i * Changes.GRAIN_MILLIS);
    }
    for (int since = 0; since < count; since++) {
      long told = changes.changedFromMillis(since);
      assertTrue(told <= since * Changes.GRAIN_MILLIS, "after " + since + ": " + told);
      if (since > count - Changes.PAIRS_MAX) {
        assertEquals(since * Changes.GRAIN_MILLIS, told);
      }
    }
    changes.add(Long.MIN_VALUE);
    assertEquals(Long.MIN_VALUE, changes.changedFromMillis(count));
    assertEquals(Long.MAX_VALUE, changes.changedFromMillis(count + 1));
  }

  @Test
  void areToldByAStorage() {
    var f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
    Revisions revisions = f.storage.revisions().orElseThrow();
    Revisions.Revision before = revisions.now();
    assertEquals(Long.MAX_VALUE, revisions.changedFromMillis(before));
    long at = StorageFixture.NOW - 60_000;
    f.add(LabelSet.of("__name__", "a"), at, 1);
    f.add(LabelSet.of("__name__", "b"), at + 90_000, 1);
    f.settle();
    assertEquals(grain(at), revisions.changedFromMillis(before));
    Revisions.Revision later = revisions.now();
    f.await(f.storage.seal());
    f.await(f.storage.compact());
    assertEquals(Long.MAX_VALUE, revisions.changedFromMillis(later), "a block holds what memory held");
    f.await(f.storage.lose(0));
    assertEquals(Long.MIN_VALUE, revisions.changedFromMillis(later));
    f.await(f.storage.gain(0));
    assertEquals(Long.MIN_VALUE, revisions.changedFromMillis(later), "what it holds now may be something else");
  }
}
