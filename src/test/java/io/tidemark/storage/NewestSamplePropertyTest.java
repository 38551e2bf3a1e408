package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The newest sample of a series alone is the last of all that are read, wherever a range ends: within chunks, between them, between
/// windows and blocks, before the first sample and after the last.
class NewestSamplePropertyTest {
  private static final int STEP = 15_000;

  @Test
  void isTheLastOfAll() {
    var random = new Random(1);
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    LabelSet[] series = {LabelSet.of(LabelSet.NAME, "steady"), LabelSet.of(LabelSet.NAME, "late"), LabelSet.of(LabelSet.NAME, "gaps")};
    long begin = StorageFixture.NOW - 8 * 3_600_000;
    for (int i = 0; i < 1_200; i++) {
      long at = begin + i * STEP;
      f.add(series[0], at, i);
      f.add(series[1], random.nextInt(200) == 0 ? at - 3 * STEP : at, random.nextInt());
      if (i % 400 < 100) {
        f.add(series[2], at, i);
      }
      if (i % 300 == 299) {
        f.settle();
        f.await(i == 599 ? f.storage.seal() : f.storage.caughtUp());
        check(f, begin, i, random);
      }
    }
  }

  private static void check(StorageFixture f, long begin, int steps, Random random) {
    for (int i = 0; i < 300; i++) {
      long end = begin + random.nextInt(-STEP, (steps + 3) * STEP);
      // What is read checks itself.
      f.readTexts(new TimeRange(end - random.nextInt(20 * STEP), random.nextBoolean() ? end : end / STEP * STEP + STEP));
    }
    assertFalse(f.readTexts(TimeRange.ALL).isEmpty());
  }
}
