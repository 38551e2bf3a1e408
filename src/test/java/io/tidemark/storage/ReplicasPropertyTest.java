package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import io.tidemark.disk.CrashingDisk;
import io.tidemark.log.LogRecord;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Replicas of one log make the same blocks: one that follows it quietly, one that is killed and loses power in the middle of disk
/// calls and so starts again from checkpoints at any position, and one that joins late from what the first put into a store. They see
/// the records in other portions and their clocks go otherwise. Every block, merges included, must have a name and bytes that the
/// quiet one's have too, and all must answer alike.
///
/// A third of the logs has deletes too; of those blocks of windows are compared, and answers.
///
/// `-Dsimulation.seeds=N` runs more; a failure names its seed.
class ReplicasPropertyTest {
  private static final long HOUR = 3_600_000;
  private static final int RECORDS = 1_500;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("simulation.seeds", 12));
  }

  /// Every block that a replica ever made; one that is made twice is the same twice.
  private static final class Made implements ShardEvents {
    final Map<BlockName, byte[]> blocks = new TreeMap<>();
    private final CrashingDisk disk;
    private final ShardEvents next;
    private final Predicate<BlockName> isAlike;

    Made(CrashingDisk disk, ShardEvents next, Predicate<BlockName> isAlike) {
      this.isAlike = isAlike;
      this.disk = disk;
      this.next = next;
    }

    @Override
    public void sealed(ShardBlocks shard, Block block, List<BlockName> superseded) {
      byte[] before = blocks.put(block.name(), disk.content(block.path()));
      if (before != null && isAlike.test(block.name())) {
        assertArrayEquals(before, disk.content(block.path()), block.name().fileName());
      }
      next.sealed(shard, block, superseded);
    }

    @Override
    public void checkpointed(int shard, long position, Path file) {
      next.checkpointed(shard, position, file);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void replicasMakeTheSameBlocks(long seed) {
    var random = new Random(seed * 0x9e3779b97f4a7c15L);
    boolean unlimited = random.nextBoolean();
    int windowsMax = random.nextBoolean() ? 16 : 512;
    var config = new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, unlimited ? Long.MAX_VALUE : HOUR, 2 * HOUR, 24 * HOUR, 60_000,
        windowsMax);
    List<LogRecord> records = records(seed, random, config, unlimited);

    Predicate<BlockName> isAlike = name -> !hasDeletes(seed) || name.level() == 0;
    var store = new FolderStore();
    var quiet = new StorageFixture(seed, 1, config);
    var made = new Made(quiet.disk, store.follow(quiet.disk), isAlike);
    quiet.events = made;
    quiet.open();
    int joinAt = random.nextInt(records.size());
    follow(quiet, records.subList(0, joinAt), random, false);
    StorageFixture late = lateJoiner(seed, config, records, store);
    var madeLate = new Made(late.disk, ShardEvents.NONE, isAlike);
    late.events = madeLate;
    late.open();
    follow(quiet, records.subList(joinAt, records.size()), random, false);

    var shaken = new StorageFixture(seed + 1_000, 1, config);
    var madeShaken = new Made(shaken.disk, ShardEvents.NONE, isAlike);
    shaken.events = madeShaken;
    shaken.open();
    follow(shaken, records, random, true);
    follow(late, records.subList((int) late.log.end(0), records.size()), random, true);

    assertTrue(made.blocks.size() > 5, "blocks " + made.blocks.keySet());
    assertTrue(made.blocks.keySet().stream().anyMatch(name -> name.level() > 0), "merges");
    if (!hasDeletes(seed)) {
      assertEquals(names(quiet), names(shaken));
    }
    for (Map<BlockName, byte[]> others : List.of(madeShaken.blocks, madeLate.blocks)) {
      others.keySet().removeIf(isAlike.negate());
      others.forEach((name, content) -> {
        assertTrue(made.blocks.containsKey(name), name.fileName());
        assertArrayEquals(made.blocks.get(name), content, name.fileName());
      });
    }
    assertEquals(quiet.readTexts(TimeRange.ALL), shaken.readTexts(TimeRange.ALL));
    assertEquals(quiet.readTexts(TimeRange.ALL), late.readTexts(TimeRange.ALL));
  }

  /// When blocks are written anew without what deletes erase is each replica's own affair, and tells in the names of merges.
  private static boolean hasDeletes(long seed) {
    return seed % 3 == 1;
  }

  /// A replica whose log begins where the store's checkpoint ends.
  private static StorageFixture lateJoiner(long seed, StorageConfig config, List<LogRecord> records, FolderStore store) {
    var late = new StorageFixture(seed + 2_000, 1, config);
    List<Long> checkpoints = store.checkpoints(0);
    long from = checkpoints.isEmpty() ? 0 : checkpoints.getLast();
    for (LogRecord record : records.subList(0, (int) from)) {
      late.log.append(0, record.bytes());
    }
    late.log.trim(0, from);
    late.source = new FolderStore(store, late.disk);
    return late;
  }

  private static List<String> names(StorageFixture f) {
    return Blocks.names(f.disk, StorageFixture.DIRECTORY.resolve("shard-0000")).stream().map(BlockName::fileName).sorted().toList();
  }

  private static void follow(StorageFixture f, List<LogRecord> records, Random random, boolean isShaken) {
    for (int next = 0; next < records.size();) {
      try {
        for (int n = 1 + random.nextInt(60); n > 0 && next < records.size(); n--) {
          f.log.append(0, records.get(next++).bytes());
        }
        for (int i = random.nextInt(40); i > 0; i--) {
          f.time.step();
        }
        switch (random.nextInt(isShaken ? 8 : 4)) {
          case 0 -> f.await(f.storage.caughtUp());
          case 1 -> f.time.advance(random.nextInt(30_000));
          case 2 -> f.time.advance(random.nextInt(1_000_000));
          case 3 -> { }
          case 4 -> {
            f.kill();
            f.open();
          }
          case 5, 6 -> {
            f.disk.dieAt(1 + random.nextInt(30));
            f.time.advance(200_000);
          }
          case 7 -> {
            f.await(f.storage.lose(0));
            f.time.advance(random.nextInt(100_000));
            f.await(f.storage.gain(0));
          }
        }
      } catch (CrashingDisk.Died e) {
        f.restart(random);
      }
    }
    f.disk.heal();
    f.disk.dieAt(Long.MAX_VALUE / 2);
    f.await(f.storage.caughtUp());
    f.time.advance(300_000);
  }

  // ---- the log

  /// Days of live samples in and out of order, some of them histograms, some with start times, with writers and series that stop, late
  /// samples, overwrites, and backfills.
  private static List<LogRecord> records(long seed, Random random, StorageConfig config, boolean unlimited) {
    var f = new StorageFixture(seed, 1, config);
    long now = StorageFixture.NOW;
    boolean hasShortLived = seed % 3 == 0;
    for (int record = 0; record < RECORDS; record++) {
      long interval = random.nextInt(300) == 0 ? 5 * HOUR : random.nextInt(30) == 0 ? 600_000 : 120_000 + random.nextInt(60_000);
      now += interval;
      f.time.advance(interval);
      if (random.nextInt(100) == 0) {
        f.newWriter();
      }
      for (int s = 0; s < 6; s++) {
        if (random.nextInt(8) > 0) {
          long back = random.nextInt(10) > 0 ? 0 : random.nextLong(unlimited ? 12 * HOUR : 2 * HOUR);
          // Late ones often meet in one timestamp.
          long at = back == 0 ? now : (now - back) / 600_000 * 600_000;
          if (s == 5 && random.nextBoolean()) {
            f.add(series(s, now), at, Histograms.latency(random.nextInt(4)), now / (12 * HOUR) * 12 * HOUR);
          } else {
            f.add(series(s, now), at, random.nextInt(4), s == 2 ? now / (12 * HOUR) * 12 * HOUR : 0);
          }
        }
      }
      if (hasShortLived && record == 200) {
        for (int i = 0; i < 1_200; i++) {
          f.add(LabelSet.of(LabelSet.NAME, "pod", "p", String.valueOf(i)), now, i);
        }
      }
      if (random.nextInt(250) == 0) {
        backfill(f, random, now);
      }
      f.flush();
      if (hasDeletes(seed) && random.nextInt(100) == 0) {
        long from = now - random.nextLong(20 * HOUR);
        f.delete(new TimeRange(from, from + random.nextLong(20 * HOUR)), new Matcher(LabelSet.NAME, Matcher.Op.MATCH, "m0|old"));
      }
    }
    return f.log.all(0);
  }

  /// The fourth series has another name each half day, the fifth comes and goes.
  private static LabelSet series(int s, long now) {
    return LabelSet.of(LabelSet.NAME, "m" + s % 2, "s", String.valueOf(s), "v",
        String.valueOf(s == 3 ? now / (12 * HOUR) : s == 4 ? now / (4 * HOUR) % 3 : 0));
  }

  private static void backfill(StorageFixture f, Random random, long now) {
    LabelSet labels = LabelSet.of(LabelSet.NAME, "old", "i", String.valueOf(random.nextInt(3)));
    long from = now - (20 + random.nextInt(80)) * HOUR;
    for (long t = from; t < now; t += 1_200_000) {
      f.add(labels, t, t);
      if (random.nextInt(30) == 0) {
        f.flush();
      }
    }
  }
}
