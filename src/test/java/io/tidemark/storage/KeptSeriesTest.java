package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.telemetry.Metrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Selectors that come again answer as if each came for the first time.
class KeptSeriesTest {
  private static final Matcher ALL = new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, "");
  private static final Matcher X = Matcher.equal(LabelSet.NAME, "x");

  private final StorageFixture f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();

  private static LabelSet series(String name, int number) {
    return LabelSet.of(LabelSet.NAME, name, "n", Integer.toString(number));
  }

  private void add(String name, int number) {
    f.add(series(name, number), StorageFixture.NOW - 60_000, number);
    f.settle();
  }

  private int found(Matcher... matchers) {
    return f.read(TimeRange.ALL, matchers).size();
  }

  private double kept() {
    return f.metrics.print().lines().filter(line -> line.startsWith("tidemark_storage_selectors_total{from=\"kept\"}"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  @Test
  void keepsTheSeriesOfASelectorThatComesTwice() {
    add("x", 1);
    for (int i = 0; i < 4; i++) {
      assertEquals(1, found(X));
    }
    assertEquals(2, kept());
    assertTrue(f.metric("tidemark_storage_kept_series_bytes") <= f.metric("tidemark_storage_kept_series_max_bytes"));
  }

  @Test
  void seriesThatTheMatchersDoNotMeanChangeNothing() {
    add("x", 1);
    for (int i = 10; i < 30; i++) {
      add("y", i); // so that both shards have some
    }
    found(X);
    found(X);
    add("y", 2);
    assertEquals(1, found(X));
    assertEquals(1, found(X));
    assertEquals(2, kept());
  }

  @Test
  void newSeriesShowAtOnce() {
    add("x", 1);
    for (int i = 2; i < 12; i++) {
      found(X);
      found(X);
      add("x", i);
      assertEquals(i, found(X));
    }
  }

  @Test
  void whatIsOutsideTheRangeIsLeftOutThoughItIsKept() {
    f.add(series("x", 1), StorageFixture.NOW - 5 * 3_600_000, 1);
    f.settle();
    f.await(f.storage.seal());
    f.add(series("x", 2), StorageFixture.NOW, 2);
    f.settle();
    for (int i = 0; i < 3; i++) {
      assertEquals(2, found(X));
      var late = new TimeRange(StorageFixture.NOW - 60_000, Long.MAX_VALUE);
      assertEquals(List.of(series("x", 2)), List.copyOf(f.read(late, X).keySet()));
      for (int seriesMax : new int[] {1, 100_000}) {
        try (Selection selection = f.storage.now().select(List.of(X), late, seriesMax)) {
          assertEquals(1, selection.count());
        }
      }
    }
  }

  @Test
  void takesNoMoreMemoryThanItMay() {
    for (int i = 0; i < 100; i++) {
      f.add(series("x", i), StorageFixture.NOW, i);
    }
    f.settle();
    var metrics = new Metrics();
    long bytesMax = 64_000;
    var small = new KeptSeries(bytesMax, metrics);
    SeriesView view = f.storage.now();
    assertEquals(100, view.select(List.of(X), TimeRange.ALL, 100).count());
    List<SeriesPart> parts = ((ShardsView) view).parts(TimeRange.ALL);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 200; i++) {
        List<Matcher> matchers = List.of(i % 3 == 0 ? X : new Matcher("n", Matcher.Op.NOT_EQUAL, Integer.toString(i)));
        Matching matching = Matching.compile(matchers, ReadWatch.NONE);
        small.of(parts, matchers, matching, ReadWatch.NONE).ifPresent(series -> assertTrue(series.count() >= 99));
        double bytes = metrics.print().lines().filter(line -> line.startsWith("tidemark_storage_kept_series_bytes "))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
        assertTrue(bytes <= bytesMax, "keeps " + bytes + " bytes");
      }
    }
    assertTrue(small.of(parts, List.of(X), Matching.compile(List.of(X), ReadWatch.NONE), ReadWatch.NONE).isPresent());
  }

  @Test
  void answersAsAMapDoesWhileSeriesComeAndWindowsBecomeBlocks() {
    List<Matcher> asked = List.of(ALL, X, new Matcher("n", Matcher.Op.MATCH, "[0-4]"), new Matcher("n", Matcher.Op.NOT_MATCH, "1.*"),
        Matcher.equal("n", "7"));
    var random = new Random(7);
    Map<LabelSet, TreeMap<Long, Long>> all = new HashMap<>();
    long now = StorageFixture.NOW - 40 * 3_600_000;
    for (int round = 0; round < 60; round++) {
      now += random.nextInt(3_600_000);
      var times = new ArrayList<Long>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        LabelSet labels = series(random.nextBoolean() ? "x" : "y", random.nextInt(12));
        long time = now + random.nextInt(1_000);
        f.add(labels, time, i);
        all.computeIfAbsent(labels, _ -> new TreeMap<>()).put(time, Double.doubleToRawLongBits(i));
        times.add(time);
      }
      f.settle();
      if (random.nextInt(8) == 0) {
        f.await(f.storage.seal());
      }
      if (random.nextInt(12) == 0) {
        f.await(f.storage.compact());
      }
      Matcher matcher = asked.get(random.nextInt(asked.size()));
      long from = random.nextBoolean() ? Long.MIN_VALUE : times.getFirst() - random.nextInt(10) * 3_600_000L;
      var range = new TimeRange(from, random.nextBoolean() ? Long.MAX_VALUE : Math.max(from, now + 500));
      assertEquals(expected(all, matcher, range), f.read(range, matcher), "round " + round + " " + matcher + " " + range);
    }
    assertTrue(kept() > 0);
  }

  private static Map<LabelSet, TreeMap<Long, Long>> expected(Map<LabelSet, TreeMap<Long, Long>> all, Matcher matcher, TimeRange range) {
    var expected = new TreeMap<LabelSet, TreeMap<Long, Long>>();
    all.forEach((labels, samples) -> {
      String value = labels.value(matcher.name());
      boolean passes = switch (matcher.op()) {
        case EQUAL -> value.equals(matcher.value());
        case NOT_EQUAL -> !value.equals(matcher.value());
        case MATCH -> value.matches(matcher.value());
        case NOT_MATCH -> !value.matches(matcher.value());
      };
      var within = new TreeMap<>(samples.subMap(range.startMillis(), range.endMillis()));
      if (passes && !within.isEmpty()) {
        expected.put(labels, within);
      }
    });
    return expected;
  }
}
