package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Writes, deletes, seals, merges, sweeps, kills and power cuts in random order, against a plain map that deletes at once.
///
/// `-Dsimulation.seeds=N` runs more; a failure names its seed.
class ErasePropertyTest {
  private static final long HOUR = 3_600_000;
  private static final int SERIES = 8;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("simulation.seeds", 8));
  }

  private final Map<LabelSet, TreeMap<Long, Long>> expected = new TreeMap<>();
  private final List<BlockName> madeAgain = new ArrayList<>();

  /// Gathers blocks of windows whose samples were in another block already: a window that a restart cuts again is known, also when that
  /// block was written without what is erased.
  private final class MadeAgain implements ShardEvents {
    @Override
    public void sealed(ShardBlocks shard, Block block, List<BlockName> superseded) {
      if (shard.local().stream().anyMatch(other -> other.sources().contains(block.name()))) {
        madeAgain.add(block.name());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void answersAsAMapThatDeletesAtOnce(long seed) {
    var random = new Random(seed * 0x9e3779b97f4a7c15L);
    var config = new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 2 * HOUR, 24 * HOUR, 60_000, 512);
    var f = new StorageFixture(seed, 1, config);
    f.events = new MadeAgain();
    f.open();
    long now = StorageFixture.NOW - 30 * HOUR;
    int deletes = 0;
    for (int step = 0; step < 100; step++) {
      try {
        switch (random.nextInt(13)) {
          case 0, 1, 2, 3 -> {
            now += random.nextLong(2 * HOUR);
            write(f, random, now);
          }
          case 4, 5 -> {
            delete(f, random, now);
            deletes++;
          }
          case 6 -> f.await(f.storage.seal());
          case 7 -> f.await(f.storage.compact());
          case 8 -> f.await(f.storage.clean());
          case 9 -> f.time.advance(random.nextLong(2 * HOUR));
          case 10 -> {
            f.kill();
            f.open();
          }
          case 11 -> {
            f.disk.dieAt(1 + random.nextInt(40));
            f.await(f.storage.compact());
            f.await(f.storage.clean());
          }
          case 12 -> {
            // The start finds many windows to make blocks of, and dies between these and a checkpoint.
            f.kill();
            for (int n = 2 + random.nextInt(4); n > 0; n--) {
              write(f, random, now);
              delete(f, random, now);
              deletes++;
            }
            f.disk.dieAt(10 + random.nextInt(100));
            f.open();
            f.time.advance(30_000);
          }
        }
      } catch (CrashingDisk.Died e) {
        f.restart(random);
      }
      f.disk.dieAt(Long.MAX_VALUE / 2);
      f.await(f.storage.caughtUp());
      assertEquals(expected, f.readAll(), "seed " + seed + " step " + step);
      assertNewest(f, now - random.nextLong(20 * HOUR));
      assertEquals(List.of(), madeAgain, "seed " + seed + " step " + step);
    }
    assertTrue(deletes > 5, "deletes " + deletes);
    assertNothingStays(f, seed);
  }

  private void assertNewest(StorageFixture f, long endMillis) {
    var all = new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, "");
    var found = new TreeMap<LabelSet, Long>();
    try (Selection selection = f.storage.now().select(List.of(all), new TimeRange(Long.MIN_VALUE, endMillis), SERIES)) {
      var newest = new SampleBuffer();
      for (int i = 0; i < selection.count(); i++) {
        selection.readNewest(i, newest);
        if (newest.count > 0) {
          found.put(selection.labels(i), newest.timestampsMillis[0]);
        }
      }
    }
    var wanted = new TreeMap<LabelSet, Long>();
    expected.forEach((labels, samples) -> {
      Long last = samples.lowerKey(endMillis);
      if (last != null) {
        wanted.put(labels, last);
      }
    });
    assertEquals(wanted, found);
  }

  private void write(StorageFixture f, Random random, long now) {
    for (int n = 1 + random.nextInt(60); n > 0; n--) {
      LabelSet labels = series(random.nextInt(SERIES));
      long time = now - (random.nextInt(6) == 0 ? random.nextLong(20 * HOUR) : n * 15_000L);
      double value = random.nextInt(100);
      f.add(labels, time, value);
      expected.computeIfAbsent(labels, _ -> new TreeMap<>()).put(time, Double.doubleToRawLongBits(value));
    }
    f.flush();
  }

  private void delete(StorageFixture f, Random random, long now) {
    long from = random.nextInt(4) == 0 ? Long.MIN_VALUE : now - random.nextLong(30 * HOUR);
    long to = random.nextInt(4) == 0 ? Long.MAX_VALUE : Math.max(from, now - random.nextLong(30 * HOUR) + 2 * HOUR);
    int parity = random.nextInt(3);
    int one = random.nextInt(SERIES);
    Matcher matcher = parity < 2 ? Matcher.equal("parity", String.valueOf(parity)) : Matcher.equal("number", String.valueOf(one));
    if (random.nextInt(3) == 0 && !expected.isEmpty()) {
      // One sample alone.
      LabelSet labels = expected.keySet().stream().skip(random.nextInt(expected.size())).findFirst().orElseThrow();
      Long time = expected.get(labels).floorKey(now - random.nextLong(10 * HOUR));
      from = time == null ? expected.get(labels).firstKey() : time;
      to = from + 1;
      matcher = Matcher.equal("number", labels.value("number"));
    }
    f.delete(new TimeRange(from, to), matcher);
    Matcher wanted = matcher;
    long first = from;
    long end = to;
    expected.forEach((labels, samples) -> {
      if (labels.value(wanted.name()).equals(wanted.value())) {
        samples.keySet().removeIf(time -> time >= first && time < end);
      }
    });
    expected.values().removeIf(TreeMap::isEmpty);
  }

  /// After a sweep and the end of the time for which deletes are kept, blocks hold exactly what is left, and no label of what is gone.
  private void assertNothingStays(StorageFixture f, long seed) {
    f.delete(TimeRange.ALL, Matcher.equal("number", "3"));
    expected.remove(series(3));
    f.await(f.storage.caughtUp());
    f.await(f.storage.seal());
    f.await(f.storage.clean());
    f.time.advance(Sweep.KEPT_MILLIS + 60_000);
    assertEquals(0, f.storage.tombstones(), "seed " + seed);
    assertEquals(expected, f.readAll(), "seed " + seed);
    Path shard = StorageFixture.DIRECTORY.resolve("shard-0000");
    boolean othersAreThere = false;
    for (BlockName name : Blocks.names(f.disk, shard)) {
      String content = new String(f.disk.content(shard.resolve(name.fileName())), StandardCharsets.ISO_8859_1);
      assertEquals(-1, content.indexOf("secret-3"), name.fileName());
      othersAreThere |= content.contains("secret-");
    }
    assertTrue(othersAreThere || expected.isEmpty(), "seed " + seed);
  }

  private static LabelSet series(int number) {
    return LabelSet.of(LabelSet.NAME, "m" + number % 3, "number", String.valueOf(number), "parity", String.valueOf(number % 2), "user",
        "secret-" + number);
  }
}
