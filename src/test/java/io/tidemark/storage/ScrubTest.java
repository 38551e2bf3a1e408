package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.BlockName;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Damage that a scrub finds, and what becomes of a damaged block.
class ScrubTest {
  private static final long T0 = TierFixture.T0;
  private static final long HOUR = TierFixture.HOUR;
  private static final Path SHARD = StorageFixture.DIRECTORY.resolve("shard-0000");
  private static final int WINDOW_SAMPLES = 20 * 480;

  /// Windows of two hours that are not merged.
  private static StorageConfig windows(long intervalMillis) {
    return new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512, 1_000,
        new ScrubConfig(intervalMillis, 1 << 20));
  }

  private static StorageFixture load(StorageConfig config, long hours) {
    var f = new StorageFixture(1, 1, config).open();
    for (long t = T0; t < T0 + hours * HOUR; t += 15_000) {
      for (int i = 0; i < 20; i++) {
        f.add(TierFixture.series(i), t, Math.sin(t + i));
      }
      if (t % 600_000 == 0) {
        f.flush();
      }
    }
    f.settle();
    f.await(f.storage.seal());
    return f;
  }

  private static List<Path> blocks(StorageFixture f) {
    return f.disk.files(SHARD).stream().filter(path -> path.toString().endsWith(".tmb")).toList();
  }

  private static List<Path> aside(StorageFixture f) {
    return f.disk.files(SHARD).stream().filter(path -> path.toString().endsWith(".damaged")).toList();
  }

  private static int samples(Map<LabelSet, TreeMap<Long, Long>> all) {
    return all.values().stream().mapToInt(TreeMap::size).sum();
  }

  @Test
  void readsEveryBlockInRoundsAndSlowly() {
    StorageFixture f = load(windows(48 * HOUR), 6);
    double bytes = f.metric("tidemark_block_bytes");
    f.time.advance(HOUR - 60_000);
    assertEquals(0, f.metric("tidemark_scrub_bytes_total"));
    f.time.advance(70_000);
    double read = f.metric("tidemark_scrub_bytes_total");
    assertTrue(read >= bytes && read < bytes + 100, read + " of " + bytes);
    assertEquals(3, f.metric("tidemark_scrub_blocks_total"));
    assertEquals(0, f.metric("tidemark_scrub_running"));
    Integrity.Scrubbed round = f.storage.integrity().shards().getFirst();
    assertTrue(round.completedAtMillis() - round.startedAtMillis() >= bytes * 1_000 / (1 << 20) - 3, round.toString());
    assertEquals(round.completedAtMillis() / 1000.0, f.metric("tidemark_scrub_completed_timestamp_seconds"));
    f.time.advance(47 * HOUR);
    assertEquals(3, f.metric("tidemark_scrub_blocks_total"));
    f.time.advance(2 * HOUR);
    assertEquals(6, f.metric("tidemark_scrub_blocks_total"));
    assertEquals(0, f.metric("tidemark_damaged_blocks_total"));
    assertEquals(0, f.metric("tidemark_scrub_failures_total"));
  }

  @Test
  void damageIsNamedPutAsideAndMissedWithAWarningAlsoAfterARestart() {
    StorageFixture f = load(windows(Long.MAX_VALUE), 6);
    var before = f.readAll();
    Path block = blocks(f).get(1);
    f.disk.flip(block, 5_000, 16);
    f.disk.flip(block, f.disk.content(block).length - 300, 1);
    f.await(f.storage.scrub());
    f.time.advance(1_000);
    for (int life = 0; life < 3; life++) {
      Integrity.Quarantined found = f.storage.integrity().quarantined().getFirst();
      assertEquals(List.of(Path.of(block + ".damaged")), aside(f));
      assertEquals(block + ".damaged", found.place());
      assertEquals(2, found.damages().size(), found.toString());
      assertTrue(found.damages().stream().allMatch(damage -> damage.toString().matches(
          "(page \\d+|section [a-z ]+) at byte \\d+: checksum [0-9a-f]+, expected checksum [0-9a-f]+")), found.toString());
      assertEquals(1, f.metric("tidemark_quarantined_blocks"));
      assertEquals(samples(before) - WINDOW_SAMPLES, samples(f.readAll()));
      assertEquals(1, f.warnings().size());
      assertTrue(f.warnings().getFirst().startsWith("shard 0: samples from 2024-01-01T02:00:00Z to 2024-01-01T04:00:00Z are missing: "
          + block), f.warnings().toString());
      try (SeriesView view = f.storage.now()) {
        view.select(List.of(Matcher.equal("job", "db")), new TimeRange(T0, T0 + 2 * HOUR), 100).close();
        assertEquals(List.of(), view.warnings(), "nothing is missing of what was asked for");
      }
      f.kill();
      f.open();
      f.await(f.storage.caughtUp());
      f.time.advance(60_000);
    }
  }

  @Test
  void aReadThatMeetsDamageGoesOnWithAWarning() {
    StorageFixture f = load(windows(Long.MAX_VALUE), 4);
    var before = f.readAll();
    f.kill();
    f.disk.flip(blocks(f).getFirst(), 100, 4);
    f.open();
    f.await(f.storage.caughtUp());
    try (SeriesView view = f.storage.now();
        Selection all = view.select(List.of(new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, "")), TimeRange.ALL, 100)) {
      assertEquals(List.of(), view.warnings());
      var buffer = new SampleBuffer();
      int count = 0;
      for (int i = 0; i < all.count(); i++) {
        all.read(i, buffer);
        for (int j = 0; j < buffer.count; j++) {
          assertEquals(before.get(all.labels(i)).get(buffer.timestampsMillis[j]), Double.doubleToRawLongBits(buffer.values[j]));
        }
        count += buffer.count;
      }
      assertTrue(count < samples(before) && count >= samples(before) - WINDOW_SAMPLES, count + " of " + samples(before));
      assertEquals(1, view.warnings().size());
    }
    assertEquals(samples(before) - WINDOW_SAMPLES, samples(f.readAll()), "the next ones leave all of it out at once");
  }

  @Test
  void mergesLeaveTheRangeOfADamagedBlockAlone() {
    StorageFixture f = load(windows(Long.MAX_VALUE), 12);
    f.kill();
    f.disk.flip(blocks(f).get(1), 100, 4);
    f.config = StorageConfig.DEFAULT;
    f.open();
    f.await(f.storage.compact());
    f.time.advance(600_000);
    assertEquals(1, f.metric("tidemark_damaged_blocks_total"));
    assertEquals(5, blocks(f).size(), "a merge beside it would look newer than the block when that comes back");
    f.disk.delete(aside(f).getFirst());
    f.time.advance(600_000);
    assertEquals(0, f.metric("tidemark_quarantined_blocks"), "an operator may give it up");
    assertTrue(blocks(f).size() < 5);
    assertEquals(20 * 10 * 240, samples(f.readAll()));
  }

  @Test
  void aBlockWhoseRecordsTheLogStillHasIsMadeAgain() {
    StorageFixture f = new StorageFixture(1, 1, windows(Long.MAX_VALUE)).open();
    for (long t = T0; t < T0 + 2 * HOUR; t += 15_000) {
      f.add(TierFixture.series(1), t, t);
    }
    f.settle();
    f.disk.fail(CrashingDisk.Kind.CREATE, path -> path.toString().contains("checkpoint"), ErrorCode.DISK_FAILED);
    f.storage.seal();
    f.time.advance(60_000);
    var before = f.readAll();
    assertEquals(1, blocks(f).size());
    f.kill();
    f.disk.flip(blocks(f).getFirst(), 60, 4);
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(before, f.readAll());
    f.await(f.storage.scrub());
    f.time.advance(60_000);
    assertEquals(before, f.readAll());
    f.await(f.storage.seal());
    f.time.advance(120_000);
    assertEquals(before, f.readAll());
    assertEquals(0, f.metric("tidemark_quarantined_blocks"));
    assertEquals(List.of(), aside(f));
    f.kill();
    f.open();
    assertEquals(before, f.readAll());
  }

  @Test
  void aFailedReadIsNoDamageAndTheRoundGoesOn() {
    StorageFixture f = load(windows(Long.MAX_VALUE), 6);
    var before = f.readAll();
    Path bad = blocks(f).get(1);
    f.disk.fail(CrashingDisk.Kind.READ, bad::equals, ErrorCode.DISK_FAILED);
    f.await(f.storage.scrub());
    assertEquals(1, f.metric("tidemark_scrub_failures_total"));
    assertEquals(2, f.metric("tidemark_scrub_blocks_total"));
    f.disk.heal();
    f.await(f.storage.scrub());
    assertEquals(5, f.metric("tidemark_scrub_blocks_total"));
    assertEquals(0, f.metric("tidemark_damaged_blocks_total"));
    assertEquals(before, f.readAll());
  }

  @Test
  void aDiskThatRefusesTheRenameIsAskedAgain() {
    StorageFixture f = load(windows(Long.MAX_VALUE), 4);
    var before = samples(f.readAll());
    Path block = blocks(f).getFirst();
    f.disk.flip(block, 100, 4);
    f.disk.fail(CrashingDisk.Kind.RENAME, block::equals, ErrorCode.DISK_FAILED);
    f.await(f.storage.scrub());
    f.time.advance(30_000);
    assertEquals(before - WINDOW_SAMPLES, samples(f.readAll()));
    assertEquals(List.of(), aside(f));
    f.disk.heal();
    f.time.advance(180_000);
    assertEquals(1, aside(f).size());
    assertFalse(f.storage.integrity().quarantined().getFirst().damages().isEmpty());
  }

  @Test
  void damagedFilesGoWithTheirAge() {
    var config = new StorageConfig(6 * HOUR, Long.MAX_VALUE, HOUR, 2 * HOUR, 2 * HOUR, 300_000, 512);
    StorageFixture f = load(config, 4);
    f.disk.flip(blocks(f).getFirst(), 100, 4);
    f.await(f.storage.scrub());
    f.time.advance(60_000);
    assertEquals(1, aside(f).size());
    f.add(TierFixture.series(0), T0 + 9 * HOUR, 1);
    f.settle();
    f.time.advance(60_000);
    assertEquals(List.of(), aside(f));
    assertEquals(List.of(), f.warnings());
  }

  @Test
  void namesOfDamagedFilesAreRead() {
    var name = new BlockName(T0, T0 + 1, 7, 1);
    assertEquals(name, BlockName.parseDamaged(name.damagedFileName()).orElseThrow());
    assertTrue(BlockName.parseDamaged(name.fileName()).isEmpty());
  }
}
