package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Random lives of a storage against a sorted map: appends in and out of order, repeats, seals, compactions, kills, power cuts in the
/// middle of any disk call, failing disk calls. After each step that settles, all samples must answer, each once, the last write of
/// each timestamp.
///
/// `-Dsimulation.seeds=N` runs more; a failure names its seed. Each is some ten power cuts and as many kills.
class StorageSimulationTest {
  private static final long HOUR = 3_600_000;
  private static final int SERIES = 9;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("simulation.seeds", 30));
  }

  private static int cuts;

  @AfterAll
  static void tell() {
    System.out.println("storage simulation: " + seeds().count() + " lives, " + cuts + " power cuts");
  }

  private final Map<LabelSet, TreeMap<Long, Long>> model = new TreeMap<>();
  private final Map<LabelSet, Long> newest = new TreeMap<>();

  @ParameterizedTest
  @MethodSource("seeds")
  void answersWhatTheModelHolds(long seed) {
    var random = new Random(seed * 0x9e3779b97f4a7c15L);
    boolean unlimited = random.nextBoolean();
    var f = new StorageFixture(seed, 1 + random.nextInt(2),
        new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, unlimited ? Long.MAX_VALUE : HOUR, 2 * HOUR, 24 * HOUR, 60_000, 512)).open();
    long now = StorageFixture.NOW;
    if (seed % 3 == 0) {
      addShortLived(f, now);
    }
    for (int step = 0; step < 120; step++) {
      try {
        switch (random.nextInt(12)) {
          case 0, 1, 2, 3, 4 -> now = append(f, random, now, unlimited);
          case 5 -> f.time.advance(random.nextInt(8) == 0 ? 27 * HOUR : random.nextInt(400_000));
          case 6 -> f.storage.seal();
          case 7 -> f.storage.compact();
          case 8 -> {
            f.kill();
            f.open();
          }
          case 9 -> {
            // The next start is the one that dies, now and then.
            f.disk.dieAt(1 + random.nextInt(20));
            f.storage.seal();
            f.storage.compact();
            f.time.advance(100_000);
          }
          case 10 -> f.disk.failNth(CrashingDisk.Kind.values()[random.nextInt(CrashingDisk.Kind.values().length)], 1 + random.nextInt(10),
              random.nextBoolean() ? ErrorCode.DISK_FULL : ErrorCode.DISK_FAILED);
          case 11 -> check(f, random);
        }
      } catch (CrashingDisk.Died e) {
        cuts++;
        f.restart(random);
      }
    }
    f.disk.heal();
    f.disk.dieAt(Long.MAX_VALUE / 2);
    check(f, random);
    f.await(f.storage.seal());
    f.await(f.storage.compact());
    check(f, random);
    f.kill();
    f.open();
    check(f, random);
    assertEquals(0, f.metric("tidemark_storage_log_gaps_total"));
    assertEquals(0, f.metric("tidemark_damaged_blocks_total"));
    assertEquals(0, f.metric("tidemark_damaged_checkpoints_total"));
  }

  /// Enough series that stop at once for the head to be rebuilt without them, some time after their writer is gone.
  private void addShortLived(StorageFixture f, long now) {
    for (int i = 0; i < 1_200; i++) {
      LabelSet labels = LabelSet.of(LabelSet.NAME, "pod", "p", String.valueOf(i));
      f.add(labels, now, i);
      model.computeIfAbsent(labels, _ -> new TreeMap<>()).put(now, Double.doubleToRawLongBits(i));
    }
    f.flush();
    f.newWriter();
  }

  private long append(StorageFixture f, Random random, long now, boolean unlimited) {
    long t = now;
    int rounds = 1 + random.nextInt(150);
    long interval = random.nextInt(4) == 0 ? 120_000 : 15_000;
    for (int i = 0; i < rounds; i++) {
      t += interval;
      for (int s = 0; s < SERIES; s++) {
        if (random.nextInt(10) > 0) {
          long back = random.nextInt(12) > 0 ? 0 : random.nextLong(unlimited ? 30 * HOUR : HOUR / 2);
          add(f, s, t - back + (s % 3 == 0 ? random.nextInt(11) - 5 : 0), random, unlimited);
        }
      }
    }
    f.flush();
    return t;
  }

  private void add(StorageFixture f, int s, long timestamp, Random random, boolean unlimited) {
    LabelSet labels = LabelSet.of(LabelSet.NAME, "m" + s % 2, "s", String.valueOf(s));
    double value = switch (s % 4) {
      case 0 -> random.nextInt(5);
      case 1 -> timestamp / 1000;
      case 2 -> random.nextInt(100) == 0 ? Double.longBitsToDouble(random.nextLong()) : random.nextInt(10_000) / 100.0;
      default -> random.nextDouble();
    };
    f.add(labels, timestamp, value);
    long last = newest.getOrDefault(labels, Long.MIN_VALUE);
    if (unlimited || timestamp >= last || last - timestamp <= HOUR) {
      model.computeIfAbsent(labels, _ -> new TreeMap<>()).put(timestamp, Double.doubleToRawLongBits(value));
      newest.put(labels, Math.max(last, timestamp));
    }
  }

  private void check(StorageFixture f, Random random) {
    f.await(f.storage.caughtUp());
    assertEquals("", difference(model, f.readAll()));
    long from = StorageFixture.NOW + random.nextLong(40 * HOUR) - 20 * HOUR;
    long to = from + random.nextLong(10 * HOUR);
    var expected = new TreeMap<LabelSet, TreeMap<Long, Long>>();
    model.forEach((labels, samples) -> {
      var part = new TreeMap<>(samples.subMap(from, to));
      if (!part.isEmpty() && labels.value("s").compareTo("4") >= 0) {
        expected.put(labels, part);
      }
    });
    assertEquals("", difference(expected, f.read(new TimeRange(from, to), new Matcher("s", Matcher.Op.MATCH, "[4-8]"))));
  }

  /// The first sample in which two answers differ, or nothing.
  private static String difference(Map<LabelSet, TreeMap<Long, Long>> expected, Map<LabelSet, TreeMap<Long, Long>> found) {
    var series = new TreeSet<>(expected.keySet());
    series.addAll(found.keySet());
    for (LabelSet labels : series) {
      var wanted = expected.getOrDefault(labels, new TreeMap<>());
      var got = found.getOrDefault(labels, new TreeMap<>());
      var times = new TreeSet<>(wanted.keySet());
      times.addAll(got.keySet());
      for (long time : times) {
        if (!Objects.equals(wanted.get(time), got.get(time))) {
          return labels + " at " + time + ": expected " + wanted.get(time) + " of " + wanted.size() + ", found " + got.get(time) + " of "
              + got.size();
        }
      }
    }
    return "";
  }
}
