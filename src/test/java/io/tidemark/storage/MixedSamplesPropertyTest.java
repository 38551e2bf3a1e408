package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TimeRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Series of values and histograms, with and without start times, in and out of order: what went into the log is read bit for bit from the
/// head, after a restart from a checkpoint, from blocks, and from merged blocks. What becomes of reset hints: {@link ResetHintsTest}.
///
/// `-Dsimulation.seeds=N` runs more; a failure names its seed.
class MixedSamplesPropertyTest {
  private static final long HOUR = 3_600_000;
  private static final StorageConfig CONFIG =
      new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 2 * HOUR, 24 * HOUR, 60_000, 512);

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("simulation.seeds", 5));
  }

  private static LabelSet series(int s) {
    return LabelSet.of(LabelSet.NAME, "m" + s % 2, "s", String.valueOf(s));
  }

  /// Adds samples of six series for about a day and writes down what must be read.
  private static final class Sender {
    final Random random;
    final StorageFixture f;
    final Map<LabelSet, TreeMap<Long, String>> expected = new TreeMap<>();
    private final Histogram[] before = new Histogram[6];
    private long now = StorageFixture.NOW - 24 * HOUR;

    Sender(Random random, StorageFixture f) {
      this.random = random;
      this.f = f;
    }

    void send() {
      now += random.nextInt(20) == 0 ? HOUR : 15_000;
      for (int s = 0; s < before.length; s++) {
        long at = random.nextInt(12) == 0 ? now - random.nextInt((int) (3 * HOUR)) : now;
        long start = s < 2 || random.nextInt(40) == 0 ? 0 : now / (6 * HOUR) * 6 * HOUR;
        boolean isHistogram = s % 3 == 0 ? random.nextInt(4) == 0 : s % 3 == 1;
        if (random.nextInt(60) == 0) {
          isHistogram = !isHistogram;
        }
        do {
          add(s, at, start, isHistogram);
        } while (random.nextInt(20) == 0);
      }
      if (random.nextInt(4) == 0) {
        f.settle();
      }
    }

    private void add(int s, long at, long start, boolean isHistogram) {
      var samples = expected.computeIfAbsent(series(s), _ -> new TreeMap<>());
      if (isHistogram) {
        before[s] = before[s] == null ? Histograms.any(random) : Histograms.next(random, before[s]);
        f.add(series(s), at, before[s], start);
        samples.put(at, StorageFixture.text(before[s], start));
      } else {
        double value = random.nextInt(30) == 0 ? Stale.VALUE : random.nextInt(5);
        f.add(series(s), at, value, start);
        String text = StorageFixture.text(value, start);
        // A value that repeats the newest sample is passed over; it may lack the start that is known already.
        if (start != 0 || !samples.getOrDefault(at, "").startsWith(text.substring(0, text.indexOf(' ')))) {
          samples.put(at, text);
        }
      }
    }

    private static void checkEqual(Map<LabelSet, TreeMap<Long, String>> wanted, Map<LabelSet, TreeMap<Long, String>> found, String when) {
      assertEquals(wanted.keySet(), found.keySet(), when);
      wanted.forEach((labels, samples) -> {
        assertEquals(samples.keySet(), found.get(labels).keySet(), when);
        samples.forEach((at, text) -> assertEquals(text, found.get(labels).get(at), when + " " + labels + " at " + at));
      });
    }

    void check(String when) {
      checkEqual(expected, f.readTexts(TimeRange.ALL), when);
      long from = StorageFixture.NOW - random.nextLong(24 * HOUR);
      var range = new TimeRange(from, from + random.nextInt((int) (4 * HOUR)));
      var part = new TreeMap<LabelSet, TreeMap<Long, String>>();
      expected.forEach((labels, samples) -> {
        var within = new TreeMap<>(samples.subMap(range.startMillis(), range.endMillis()));
        if (!within.isEmpty()) {
          part.put(labels, within);
        }
      });
      checkEqual(part, f.readTexts(range), when);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyBitComesBack(long seed) {
    var random = new Random(seed * 0x9e3779b97f4a7c15L);
    var f = new StorageFixture(seed, 1, CONFIG).open();
    var sender = new Sender(random, f);
    for (int round = 0; round < 25; round++) {
      for (int i = random.nextInt(60); i > 0; i--) {
        sender.send();
      }
      f.settle();
      switch (random.nextInt(5)) {
        case 0 -> f.time.advance(random.nextInt(200_000));
        case 1 -> {
          f.await(f.storage.close());
          f.kill();
          f.open();
          f.await(f.storage.caughtUp());
        }
        case 2 -> {
          f.crash(random.nextLong());
          f.open();
          f.await(f.storage.caughtUp());
        }
        case 3 -> f.await(f.storage.seal());
        default -> { }
      }
      sender.check("seed " + seed + " round " + round);
    }
    f.await(f.storage.seal());
    sender.check("seed " + seed + ", in blocks");
    f.await(f.storage.compact());
    assertTrue(f.metric("tidemark_compactions_total") > 0, "blocks were merged");
    sender.check("seed " + seed + ", in merged blocks");
  }

  @Test
  void exemplarsComeBackFromLogAndCheckpoint() {
    var f = new StorageFixture(1, 2, CONFIG).open();
    var expected = new TreeMap<LabelSet, List<Exemplar>>();
    for (int i = 0; i < 50; i++) {
      LabelSet series = series(i % 5);
      long at = StorageFixture.NOW + i * 1000L;
      var exemplar = new Exemplar(LabelSet.of("trace_id", "t" + i), i / 10.0, at);
      f.add(series, at, i);
      f.add(series, exemplar);
      f.add(series, exemplar);
      f.add(series, new Exemplar(LabelSet.of("trace_id", "late"), 1, at - 1));
      expected.computeIfAbsent(series, _ -> new ArrayList<>()).add(exemplar);
      f.flush();
      if (i == 30) {
        f.await(f.storage.caughtUp());
        f.await(f.storage.close());
        f.kill();
        f.open();
      }
    }
    f.settle();
    f.crash(1);
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(expected, exemplars(f, TimeRange.ALL));
    assertEquals(1, exemplars(f, new TimeRange(StorageFixture.NOW, StorageFixture.NOW + 1)).size());
    assertTrue(f.metric("tidemark_dropped_exemplars_total") > 0);
  }

  private static Map<LabelSet, List<Exemplar>> exemplars(StorageFixture f, TimeRange range) {
    var all = new TreeMap<LabelSet, List<Exemplar>>();
    f.storage.now().exemplars(List.of(new Matcher(LabelSet.NAME, Matcher.Op.MATCH, "m.")), range)
        .forEach(found -> all.put(found.series(), found.exemplars()));
    return all;
  }
}
