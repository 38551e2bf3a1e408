package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.log.Partitioner;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BlocksTest {
  private static final long T0 = 1_704_067_200_000L;
  private static final long HOUR = 3_600_000;
  private static final Path SHARD = StorageFixture.DIRECTORY.resolve("shard-0000");

  /// Merges nothing.
  private static final StorageConfig WINDOWS_ONLY =
      new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512);

  private static LabelSet series(int i) {
    return LabelSet.of(LabelSet.NAME, "m" + i % 3, "i", "" + i, "job", i % 2 == 0 ? "api" : "db");
  }

  /// Adds `hours` of samples every 15 s of 20 series, in batches of ten minutes.
  private static void load(StorageFixture f, long start, long hours) {
    for (long t = start; t < start + hours * HOUR; t += 15_000) {
      for (int i = 0; i < 20; i++) {
        f.add(series(i), t, switch (i % 4) {
          case 0 -> 1;
          case 1 -> (t - start) / 1000;
          case 2 -> Math.round(Math.sin(t + i) * 100) / 100.0;
          default -> Math.sin(t + i);
        });
      }
      if (t % 600_000 == 0) {
        f.flush();
      }
    }
    f.settle();
  }

  private static List<String> files(StorageFixture f) {
    return f.disk.files(SHARD).stream().map(path -> path.getFileName().toString()).filter(name -> name.startsWith("block")).toList();
  }

  @Test
  void sealedSamplesAnswerAsBefore() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    load(f, T0, 5);
    var before = f.readAll();
    var some = f.read(new TimeRange(T0 + 7_000_000, T0 + 7_500_000), Matcher.equal("job", "api"));
    f.await(f.storage.seal());
    assertEquals(3, files(f).size());
    assertEquals(0, f.metric("tidemark_head_windows"));
    assertEquals(before, f.readAll());
    assertEquals(some, f.read(new TimeRange(T0 + 7_000_000, T0 + 7_500_000), Matcher.equal("job", "api")));
    assertEquals(List.of("m0", "m1", "m2"), f.storage.now().labelValues("__name__", List.of(), TimeRange.ALL));
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(before, f.readAll());
    assertEquals(0, f.metric("tidemark_head_windows"));
  }

  @Test
  void windowsThatAreOverBecomeBlocksByThemselves() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    load(f, T0, 6);
    f.time.advance(200_000);
    assertEquals(2, files(f).size(), files(f).toString());
    assertEquals(1, f.metric("tidemark_head_windows"));
    assertEquals(20 * 6 * 240, f.readAll().values().stream().mapToInt(TreeMap::size).sum());
  }

  @Test
  void readersSeeEachSampleOnceDuringTheSwap() {
    for (int seed = 1; seed <= 5; seed++) {
      var f = new StorageFixture(seed, 1, StorageConfig.DEFAULT).open();
      load(f, T0, 2);
      var before = f.readAll();
      var sealed = f.storage.seal();
      while (!sealed.isComplete()) {
        assertTrue(f.time.step());
        assertEquals(before, f.readAll());
      }
      assertEquals(before, f.readAll());
    }
  }

  @Test
  void lateSamplesGoToAFurtherBlockAndWin() {
    var f = new StorageFixture(1, 1, new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 2 * HOUR, 24 * HOUR, 300_000, 512))
        .open();
    for (int i = 0; i < 100; i++) {
      f.add(series(1), T0 + i * 60_000L, i);
    }
    f.settle();
    f.await(f.storage.seal());
    f.add(series(1), T0 + 60_000, 77);
    f.add(series(1), T0 + 90_000, 88);
    f.settle();
    var expected = new TreeMap<Long, Long>();
    for (int i = 0; i < 100; i++) {
      expected.put(T0 + i * 60_000L, Double.doubleToRawLongBits(i));
    }
    expected.put(T0 + 60_000, Double.doubleToRawLongBits(77));
    expected.put(T0 + 90_000, Double.doubleToRawLongBits(88));
    assertEquals(Map.of(series(1), expected), f.readAll());
    f.await(f.storage.seal());
    assertEquals(2, f.metric("tidemark_sealed_blocks_total"));
    assertEquals(1, files(f).size(), "blocks of one window are merged at once");
    assertEquals(Map.of(series(1), expected), f.readAll());
  }

  @Test
  void compactsToLongBlocksAndKeepsEverySample() {
    var f = new StorageFixture(1, 1, WINDOWS_ONLY).open();
    load(f, T0, 26);
    f.await(f.storage.seal());
    var before = f.readAll();
    assertEquals(13, files(f).size());
    double bytes = f.metric("tidemark_block_bytes");
    f.kill();
    f.config = StorageConfig.DEFAULT;
    f.open();
    f.await(f.storage.caughtUp());
    f.await(f.storage.compact());
    assertEquals(List.of("block_" + T0 + "_" + (T0 + 24 * HOUR) + "_", "block_" + (T0 + 24 * HOUR) + "_" + (T0 + 26 * HOUR) + "_"),
        files(f).stream().map(name -> name.substring(0, name.lastIndexOf('_', name.lastIndexOf('_') - 1) + 1)).sorted().toList());
    assertEquals(before, f.readAll());
    assertTrue(f.metric("tidemark_block_bytes") < bytes, f.metric("tidemark_block_bytes") + " of " + bytes);
    assertEquals(0, f.metric("tidemark_compactions_running"));
    f.kill();
    f.open();
    assertEquals(before, f.readAll());
  }

  @Test
  void replicasSealTheSameBytes() {
    var a = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    load(a, T0, 5);
    a.await(a.storage.seal());
    var b = new StorageFixture(99, 1, StorageConfig.DEFAULT);
    for (var record : a.log.all(0)) {
      b.log.append(0, record.bytes());
    }
    b.open();
    b.await(b.storage.caughtUp());
    b.await(b.storage.seal());
    assertEquals(files(a), files(b));
    for (String file : files(a)) {
      assertArrayEquals(a.disk.content(SHARD.resolve(file)), b.disk.content(SHARD.resolve(file)));
    }
  }

  @Test
  void damagedBlockIsPutAsideAndTheRestAnswers() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    load(f, T0, 4);
    f.await(f.storage.seal());
    f.kill();
    Path first = SHARD.resolve(files(f).getFirst());
    f.disk.flip(first, f.disk.content(first).length - 100, 4);
    f.open();
    assertEquals(1, f.metric("tidemark_damaged_blocks_total"));
    assertEquals(20 * 2 * 240, f.readAll().values().stream().mapToInt(TreeMap::size).sum());
    assertTrue(f.disk.exists(SHARD.resolve(first.getFileName() + ".damaged")));
  }

  @Test
  void damagedPageIsFoundByReadAndByCompaction() {
    for (boolean byRead : new boolean[] {true, false}) {
      var f = new StorageFixture(1, 1, WINDOWS_ONLY).open();
      load(f, T0, 8);
      f.await(f.storage.seal());
      f.kill();
      f.disk.flip(SHARD.resolve(files(f).getFirst()), 100, 4);
      f.config = StorageConfig.DEFAULT;
      f.open();
      f.await(f.storage.caughtUp());
      if (byRead) {
        f.readAll();
        f.time.run();
      } else {
        f.await(f.storage.compact());
      }
      assertEquals(1, f.metric("tidemark_damaged_blocks_total"));
      assertEquals(20 * 6 * 240, f.readAll().values().stream().mapToInt(TreeMap::size).sum());
    }
  }

  @Test
  void fullDiskLosesNothingAndRecoversByItself() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    f.disk.capacity(1000);
    load(f, T0, 6);
    var before = f.readAll();
    f.time.advance(600_000);
    assertTrue(f.metric("tidemark_storage_failed_jobs_total") > 0);
    assertEquals(before, f.readAll());
    assertTrue(files(f).isEmpty());
    f.disk.capacity(Long.MAX_VALUE);
    f.time.advance(600_000);
    assertEquals(2, files(f).size());
    assertEquals(before, f.readAll());
  }

  @Test
  void aDiskThatTakesNoBlocksStopsTheTailBeforeMemoryIsFull() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    f.disk.capacity(1000);
    for (int i = 0; i < 600; i++) {
      f.add(series(1), T0 + i * 600_000L, i);
      f.flush();
    }
    f.time.advance(600_000);
    assertTrue(f.metric("tidemark_head_windows") <= 32 + 2, "windows " + f.metric("tidemark_head_windows"));
    assertTrue(f.metric("tidemark_storage_stalls_total") > 0);
    assertTrue(f.metric("tidemark_storage_log_lag_records") > 0);
    f.disk.capacity(Long.MAX_VALUE);
    f.time.advance(120_000);
    assertEquals(0, f.metric("tidemark_storage_log_lag_records"));
    assertEquals(600, f.readAll().get(series(1)).size());
    assertEquals(0, f.metric("tidemark_dropped_samples_total"));
  }

  @Test
  void aBackfillOverManyWindowsMakesOneBlockOfEach() {
    var f = new StorageFixture(1, 1, new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 2 * HOUR, 2 * HOUR, 300_000, 512))
        .open();
    f.add(series(1), T0 + 2_000 * HOUR, 1);
    f.settle();
    for (int i = 0; i < 2_000; i++) {
      for (int s = 0; s < 3; s++) {
        f.add(series(s), T0 + i * HOUR, i);
      }
      f.flush();
    }
    f.settle();
    f.time.advance(60_000);
    assertTrue(f.metric("tidemark_head_windows") <= 512 / 4 + 1, "windows " + f.metric("tidemark_head_windows"));
    assertEquals(1_001 - f.metric("tidemark_head_windows"), f.metric("tidemark_sealed_blocks_total"));
    assertEquals(0, f.metric("tidemark_dropped_samples_total"));
  }

  @Test
  void failingDiskCallsAreRetried() {
    for (CrashingDisk.Kind kind : List.of(CrashingDisk.Kind.CREATE, CrashingDisk.Kind.WRITE, CrashingDisk.Kind.SYNC,
        CrashingDisk.Kind.RENAME, CrashingDisk.Kind.SYNC_DIRECTORY, CrashingDisk.Kind.OPEN)) {
      var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
      f.disk.failNth(kind, 1, ErrorCode.DISK_FAILED);
      load(f, T0, 6);
      var before = f.readAll();
      f.time.advance(600_000);
      assertTrue(f.metric("tidemark_storage_failed_jobs_total") > 0, kind.toString());
      assertEquals(2, files(f).size(), kind.toString());
      assertEquals(before, f.readAll());
    }
  }

  @Test
  void seriesThatStoppedAreForgotten() {
    long start = StorageFixture.NOW;
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 3000; i++) {
      f.add(LabelSet.of(LabelSet.NAME, "short", "pod", "p" + i), start + i, i);
    }
    f.settle();
    f.newWriter();
    for (int hour = 0; hour < 30; hour++) {
      load(f, start + hour * HOUR, 1);
      f.time.advance(HOUR);
    }
    assertTrue(f.metric("tidemark_head_series") <= 20, "series " + f.metric("tidemark_head_series"));
    assertTrue(f.metric("tidemark_head_rebuilds_total") >= 1);
    double appended = f.metric("tidemark_samples_appended_total");
    load(f, start + 30 * HOUR, 3);
    assertEquals(appended + 20 * 3 * 240, f.metric("tidemark_samples_appended_total"));
    var before = f.readAll();
    assertEquals(3020, before.size());
    assertEquals(3000 + 20 * 33 * 240, before.values().stream().mapToInt(TreeMap::size).sum());
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(before, f.readAll());
  }

  /// Of 1,200 series a twentieth makes room for others each hour, for two days.
  @Test
  void theNumberOfSeriesLevelsOffWithinADayOfChurn() {
    long start = StorageFixture.NOW;
    int alive = 1_200;
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    double most = 0;
    for (int hour = 0; hour < 48; hour++) {
      int first = hour * alive / 20;
      for (long t = start + hour * HOUR; t < start + (hour + 1) * HOUR; t += 900_000) {
        for (int i = first; i < first + alive; i++) {
          f.add(LabelSet.of(LabelSet.NAME, "pod", "pod", "p" + i), t, i);
        }
        f.settle();
        f.time.advance(900_000);
      }
      most = Math.max(most, f.metric("tidemark_head_series"));
      assertTrue(hour < 16 || f.metric("tidemark_head_rebuilds_total") > 0, "hour " + hour);
    }
    assertTrue(most < 1.7 * alive, "series " + most);
  }

  @Test
  void oldBlocksGo() {
    var f = new StorageFixture(1, 1, new StorageConfig(6 * HOUR, Long.MAX_VALUE, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512)).open();
    load(f, T0, 4);
    f.await(f.storage.seal());
    f.time.advance(8 * HOUR);
    assertEquals(2, files(f).size(), "age is measured from the newest sample");
    f.add(series(0), T0 + 9 * HOUR, 1);
    f.settle();
    f.time.advance(60_000);
    assertEquals(1, files(f).size(), files(f).toString());
    assertEquals(1, f.metric("tidemark_expired_blocks_total"));
    assertFalse(files(f).getFirst().startsWith("block_" + T0 + "_"));
  }

  @Test
  void oldestBlocksGoWhenAllAreTooLarge() {
    var f = new StorageFixture(1, 1, new StorageConfig(Long.MAX_VALUE, 40_000, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512)).open();
    load(f, T0, 10);
    f.await(f.storage.seal());
    f.time.advance(60_000);
    assertTrue(f.metric("tidemark_block_bytes") <= 40_000);
    assertFalse(files(f).isEmpty());
    assertTrue(files(f).getLast().startsWith("block_" + (T0 + 8 * HOUR)));
  }

  /// One shard may have most of all that there is.
  @Test
  void allShardsShareTheSize() {
    var f = new StorageFixture(1, 2, new StorageConfig(Long.MAX_VALUE, 40_000, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512)).open();
    var partitioner = new Partitioner(2, 0);
    List<LabelSet> here = IntStream.range(0, 60).mapToObj(i -> LabelSet.of(LabelSet.NAME, "m", "n", "" + i))
        .filter(labels -> partitioner.partition(labels) == 1).limit(5).toList();
    for (int hour = 0; f.metric("tidemark_block_bytes") < 30_000; hour += 2) {
      for (long t = T0 + hour * HOUR; t < T0 + (hour + 2) * HOUR; t += 15_000) {
        for (LabelSet labels : here) {
          f.add(labels, t, t / 7.0);
        }
      }
      f.settle();
      f.await(f.storage.seal());
    }
    f.time.advance(60_000);
    assertEquals(0, f.metric("tidemark_expired_blocks_total"), "less than the bound, all in one shard");
    assertTrue(f.metric("tidemark_block_bytes") >= 30_000);
  }
}
