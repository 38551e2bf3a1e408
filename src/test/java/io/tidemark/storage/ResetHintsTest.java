package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a histogram says of a counter reset is about the sample that its sender had before it, wherever both are kept.
class ResetHintsTest {
  private static final long HOUR = 3_600_000;
  private static final long MINUTE = 60_000;
  private static final LabelSet SERIES = LabelSet.of(LabelSet.NAME, "h");
  /// The beginning of a window.
  private static final long T0 = StorageFixture.NOW - 24 * HOUR;
  private static final StorageConfig CONFIG =
      new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 2 * HOUR, 24 * HOUR, 60_000, 512);

  private final StorageFixture f = new StorageFixture(1, 1, CONFIG).open();

  private void add(long atMillis, Reset reset) {
    f.add(SERIES, atMillis, new Histogram(0, 1, 1, 0, 1, Histogram.Buckets.NONE, Histogram.Buckets.NONE, new double[0], reset), 0);
  }

  private List<Reset> hints() {
    f.settle();
    try (Selection all = f.storage.now().select(List.of(Matcher.equal(LabelSet.NAME, "h")), TimeRange.ALL, 10)) {
      var buffer = new SampleBuffer();
      all.read(0, buffer);
      return new ArrayList<>(Arrays.stream(buffer.histograms).limit(buffer.count).map(Histogram::reset).toList());
    }
  }

  /// In the head, after a restart, in blocks and in merged blocks.
  private void assertEverywhere(List<Reset> expected) {
    assertEquals(expected, hints(), "in memory");
    f.await(f.storage.close());
    f.kill();
    f.open();
    assertEquals(expected, hints(), "from a checkpoint");
    f.await(f.storage.seal());
    assertEquals(expected, hints(), "in blocks");
    f.await(f.storage.compact());
    assertEquals(expected, hints(), "in merged blocks");
  }

  @Test
  void standsInTheOrderOfItsSender() {
    add(T0, Reset.UNKNOWN);
    add(T0 + MINUTE, Reset.NO);
    add(T0 + 2 * MINUTE, Reset.YES);
    add(T0 + 3 * MINUTE, Reset.NO);
    assertEverywhere(List.of(Reset.UNKNOWN, Reset.NO, Reset.YES, Reset.NO));
  }

  @Test
  void goesWhereASampleOutOfOrderComesBetween() {
    add(T0, Reset.UNKNOWN);
    add(T0 + 10 * MINUTE, Reset.NO);
    add(T0 + 20 * MINUTE, Reset.NO);
    add(T0 + 30 * MINUTE, Reset.GAUGE);
    add(T0 + 5 * MINUTE, Reset.YES);
    add(T0 + 6 * MINUTE, Reset.YES);
    add(T0 + 25 * MINUTE, Reset.NO);
    assertEverywhere(List.of(Reset.UNKNOWN, Reset.UNKNOWN, Reset.YES, Reset.UNKNOWN, Reset.NO, Reset.UNKNOWN, Reset.GAUGE));
  }

  @Test
  void goesAtTheBeginningOfAWindow() {
    add(T0, Reset.UNKNOWN);
    add(T0 + HOUR, Reset.NO);
    add(T0 + 2 * HOUR, Reset.NO);
    add(T0 + 3 * HOUR, Reset.NO);
    assertEverywhere(List.of(Reset.UNKNOWN, Reset.NO, Reset.UNKNOWN, Reset.NO));
  }

  @Test
  void goesWhereAnotherBlockHasASampleBetween() {
    add(T0, Reset.UNKNOWN);
    add(T0 + 10 * MINUTE, Reset.NO);
    add(T0 + 20 * MINUTE, Reset.NO);
    f.settle();
    f.await(f.storage.seal());
    add(T0 + 5 * MINUTE, Reset.NO);
    assertEverywhere(List.of(Reset.UNKNOWN, Reset.UNKNOWN, Reset.UNKNOWN, Reset.NO));
  }

  @Test
  void goesWhereTheSampleBeforeIsErased() {
    for (boolean isSealed : new boolean[] {false, true}) {
      long begin = T0 + (isSealed ? 6 * HOUR : 0);
      for (int i = 0; i < 4; i++) {
        add(begin + i * MINUTE, Reset.NO);
      }
      f.settle();
      if (isSealed) {
        f.await(f.storage.seal());
      }
      f.delete(new TimeRange(begin + MINUTE, begin + MINUTE + 1), Matcher.equal(LabelSet.NAME, "h"));
      f.await(f.storage.caughtUp());
      List<Reset> hints = hints();
      assertEquals(List.of(Reset.UNKNOWN, Reset.NO), hints.subList(hints.size() - 2, hints.size()), "sealed " + isSealed);
    }
    assertEverywhere(hints());
  }
}
