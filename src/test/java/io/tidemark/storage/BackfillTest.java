package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Samples that are older than the out-of-order window, in records that say so.
class BackfillTest {
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;
  private static final LabelSet UP = LabelSet.of(LabelSet.NAME, "up");
  private static final long NEWEST = StorageFixture.NOW - HOUR;

  private static Map<LabelSet, TreeMap<Long, Long>> expected(long... timesAndValues) {
    var samples = new TreeMap<Long, Long>();
    for (int i = 0; i < timesAndValues.length; i += 2) {
      samples.put(timesAndValues[i], Double.doubleToRawLongBits(timesAndValues[i + 1]));
    }
    return Map.of(UP, samples);
  }

  @Test
  void takesSamplesAsOldAsTheRetentionWhenTheyAreMarked() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    f.add(UP, NEWEST, 1);
    f.settle();
    f.add(UP, NEWEST - DAY, 2);
    f.settle();
    assertEquals(expected(NEWEST, 1), f.readAll(), "a live sample of that age is late");
    assertEquals(1, f.metric("tidemark_dropped_samples_total"));

    f.backfilling();
    f.add(UP, NEWEST - DAY, 3);
    f.add(UP, NEWEST - 15 * DAY, 4);
    f.add(UP, NEWEST - 15 * DAY - 1, 5);
    f.settle();
    var all = expected(NEWEST, 1, NEWEST - DAY, 3, NEWEST - 15 * DAY, 4);
    assertEquals(all, f.readAll());
    assertEquals(2, f.metric("tidemark_dropped_samples_total"), "beyond the retention nothing is taken");

    f.newWriter();
    f.add(UP, NEWEST - 2 * DAY, 6);
    f.settle();
    assertEquals(all, f.readAll(), "the mark is of one record");

    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(all, f.readAll(), "a replay decides the same");
    f.await(f.storage.seal());
    assertEquals(all, f.readAll());
  }

  /// A month of four series beside live samples: what is open at once stays small, and what was sent twice is there once.
  @Test
  void backfillInTheOrderOfTimeHoldsFewWindowsOpen() {
    var config = new StorageConfig(60 * DAY, Long.MAX_VALUE, HOUR, 2 * HOUR, 24 * HOUR, 300_000, 32);
    var f = new StorageFixture(2, 1, config).open();
    f.add(UP, NEWEST, 1);
    f.settle();
    f.backfilling();
    var samples = new TreeMap<Long, Long>(Map.of(NEWEST, Double.doubleToRawLongBits(1)));
    for (int run = 0; run < 2; run++) {
      double most = 0;
      for (long t = NEWEST - 30 * DAY; t < NEWEST; t += 600_000) {
        f.add(UP, t, t % 1_000_003);
        samples.put(t, Double.doubleToRawLongBits(t % 1_000_003));
        if (t % (2 * HOUR) == 0) {
          f.settle();
          most = Math.max(most, f.metric("tidemark_head_windows"));
        }
      }
      f.settle();
      // A quarter of those allowed may be open, 32 may wait for their blocks; the month has 360.
      assertTrue(most <= 8 + 32 + 1, "windows at once: " + most);
      assertEquals(Map.of(UP, samples), f.readAll());
    }
    assertEquals(0, f.metric("tidemark_dropped_samples_total"));
  }
}
