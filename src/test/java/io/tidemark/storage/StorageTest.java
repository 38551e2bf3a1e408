package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.telemetry.Metrics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StorageTest {
  private static final long T0 = 1_704_067_200_000L;
  private static final long HOUR = 3_600_000;

  private static LabelSet series(String name, String... labels) {
    var all = new ArrayList<>(List.of(LabelSet.NAME, name));
    all.addAll(List.of(labels));
    return LabelSet.of(all.toArray(String[]::new));
  }

  private static Matcher matcher(String name, String op, String value) {
    for (Matcher.Op candidate : Matcher.Op.values()) {
      if (candidate.text().equals(op)) {
        return new Matcher(name, candidate, value);
      }
    }
    throw new AssertionError(op);
  }

  private static List<String> names(StorageFixture f, Matcher... matchers) {
    return f.read(TimeRange.ALL, matchers).keySet().stream().map(LabelSet::toString).toList();
  }

  @Test
  void readsBackEveryBitPattern() {
    var f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
    long[] patterns = {0, Long.MIN_VALUE, Stale.BITS, 0x7ff8000000000000L, 0x7ff0000000000001L, 0xfff8dead_beef0001L, 1,
        0x7ff0000000000000L, 0xfff0000000000000L, 0x000fffffffffffffL, Double.doubleToRawLongBits(1.5)};
    var expected = new TreeMap<Long, Long>();
    for (int i = 0; i < patterns.length * 40; i++) {
      long bits = patterns[i * 7 % patterns.length];
      f.add(series("a"), T0 + i * 15_000L, Double.longBitsToDouble(bits));
      expected.put(T0 + i * 15_000L, bits);
    }
    f.settle();
    assertEquals(Map.of(series("a"), expected), f.readAll());
  }

  @Test
  void matchesAsPrometheusDoes() {
    var f = new StorageFixture(1, 3, StorageConfig.DEFAULT).open();
    f.add(series("up", "job", "api", "instance", "a"), T0, 1);
    f.add(series("up", "job", "db", "instance", "b"), T0, 1);
    f.add(series("up", "instance", "c"), T0, 1);
    f.add(series("down", "job", "api-2"), T0, 1);
    f.settle();
    assertEquals(List.of("up{instance=\"a\", job=\"api\"}"), names(f, Matcher.equal("__name__", "up"), Matcher.equal("job", "api")));
    assertEquals(List.of("up{instance=\"c\"}"), names(f, Matcher.equal("__name__", "up"), Matcher.equal("job", "")));
    assertEquals(List.of("up{instance=\"b\", job=\"db\"}", "up{instance=\"c\"}"),
        names(f, Matcher.equal("__name__", "up"), matcher("job", "!=", "api")));
    assertEquals(List.of("down{job=\"api-2\"}", "up{instance=\"a\", job=\"api\"}"), names(f, matcher("job", "=~", "api.*")));
    assertEquals(List.of("up{instance=\"a\", job=\"api\"}", "up{instance=\"b\", job=\"db\"}"), names(f, matcher("job", "=~", "api|db")));
    assertEquals(List.of("up{instance=\"b\", job=\"db\"}", "up{instance=\"c\"}"),
        names(f, Matcher.equal("__name__", "up"), matcher("job", "!~", "api.*")));
    assertEquals(List.of("up{instance=\"a\", job=\"api\"}", "up{instance=\"c\"}"),
        names(f, Matcher.equal("__name__", "up"), matcher("job", "=~", "api|")));
    assertEquals(List.of("down{job=\"api-2\"}", "up{instance=\"a\", job=\"api\"}", "up{instance=\"b\", job=\"db\"}"),
        names(f, matcher("job", "!=", "")));
    assertEquals(List.of(), names(f, matcher("missing", "=", "x")));
    assertEquals(List.of("__name__", "instance", "job"), f.storage.now().labelNames(List.of(), TimeRange.ALL));
    assertEquals(List.of("api", "db"), f.storage.now().labelValues("job", List.of(Matcher.equal("__name__", "up")), TimeRange.ALL));
    assertEquals(List.of("api", "api-2", "db"), f.storage.now().labelValues("job", List.of(), TimeRange.ALL));
    var tooMany = assertThrows(TidemarkException.class, () -> f.storage.now().select(List.of(matcher("job", "!=", "")), TimeRange.ALL, 2));
    assertEquals(ErrorCode.TOO_EXPENSIVE, tooMany.code());
  }

  @Test
  void takesSamplesOutOfOrderAndDropsLateOnes() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    f.add(series("a"), T0 + 2 * HOUR, 1);
    f.add(series("a"), T0 + HOUR + 5, 2);
    f.add(series("a"), T0 + HOUR, 3);
    f.add(series("a"), T0 + HOUR - 1, 4);
    f.settle();
    assertEquals(List.of(T0 + HOUR, T0 + HOUR + 5, T0 + 2 * HOUR), List.copyOf(f.readAll().get(series("a")).keySet()));
    assertEquals(2, f.metric("tidemark_out_of_order_samples_total"));
    assertEquals(1, f.metric("tidemark_dropped_samples_total"));
    assertEquals(3, f.metric("tidemark_samples_appended_total"));
  }

  @Test
  void lastWriteWinsAtOneTimestamp() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (double value : new double[] {1, 1, 2, 3, 3}) {
      f.add(series("a"), T0, value);
      f.settle();
    }
    f.add(series("a"), T0 + 1, 9);
    f.add(series("a"), T0, 4);
    f.settle();
    assertEquals(new TreeMap<>(Map.of(T0, Double.doubleToRawLongBits(4), T0 + 1, Double.doubleToRawLongBits(9))),
        f.readAll().get(series("a")));
    assertTrue(f.metric("tidemark_overwritten_samples_total") >= 2);
    assertEquals(1, f.metric("tidemark_duplicate_samples_total"));
  }

  @Test
  void lastWriteWinsWhenTheDiskRefusesItsBlockFirst() {
    var config = new StorageConfig(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 2 * HOUR, 24 * HOUR, 60_000, 512);
    var f = new StorageFixture(1, 1, config).open();
    f.add(series("a"), T0 + 6 * HOUR, 1);
    f.settle();
    f.add(series("b"), T0 + 10 * HOUR, 1);
    f.settle();
    f.await(f.storage.seal());
    // Two late windows end with one record. The block of the first is made, and could be merged with the block that has the 1.
    f.add(series("a"), T0 + 6 * HOUR, 2);
    f.add(series("b"), T0 + 4 * HOUR, 1);
    f.settle();
    f.disk.fail(CrashingDisk.Kind.CREATE, path -> path.toString().contains("block_" + (T0 + 6 * HOUR) + "_"), ErrorCode.DISK_FULL);
    f.add(series("b"), T0 + 11 * HOUR, 1);
    f.settle();
    f.time.advance(60_000);
    assertTrue(f.metric("tidemark_storage_failed_jobs_total") > 0);
    f.disk.heal();
    f.time.advance(60_000);
    f.await(f.storage.seal());
    assertEquals(Double.doubleToRawLongBits(2), f.readAll().get(series("a")).get(T0 + 6 * HOUR));
    f.await(f.storage.compact());
    assertEquals(Double.doubleToRawLongBits(2), f.readAll().get(series("a")).get(T0 + 6 * HOUR));
  }

  @Test
  void extremeTimestampsDoNotPoisonTheHead() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (long timestamp : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, 9_224_318_016_000_000L, 8_000_000_000_000L, -8_000_000_000_000L}) {
      f.add(series("bad"), timestamp, 1);
    }
    f.add(series("a"), T0, 1);
    f.add(series("epoch"), 0, 1);
    f.settle();
    assertEquals(List.of(T0), List.copyOf(f.readAll().get(series("a")).keySet()));
    assertEquals(List.of(0L), List.copyOf(f.readAll().get(series("epoch")).keySet()));
    assertEquals(3 + 1, f.metric("tidemark_dropped_samples_total"));
    f.time.advance(HOUR);
    f.add(series("a"), T0 + 1, 2);
    f.settle();
    assertEquals(2, f.readAll().get(series("a")).size());
  }

  @Test
  void tellsWhatMakesTheCardinality() {
    var f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 30; i++) {
      f.add(series("many", "i", "" + i), T0, 1);
    }
    f.add(series("one", "job", "api"), T0 + 5, 1);
    f.settle();
    StorageStats stats = f.storage.stats(2);
    assertEquals(31, stats.series());
    assertEquals(31, stats.samples());
    assertEquals(T0 + 5, stats.maxMillis());
    assertEquals(List.of(new StorageStats.Entry("many", 30), new StorageStats.Entry("one", 1)), stats.seriesByMetric());
    assertEquals(List.of(new StorageStats.Entry("i", 30), new StorageStats.Entry("__name__", 2)), stats.valuesByLabel());
    assertEquals(new StorageStats.Entry("__name__=many", 30), stats.seriesByPair().getFirst());
  }

  @Test
  void keepsMetadata() {
    var f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
    f.add(series("a"), T0, 1);
    f.metadata("a", "counter", "Things.", "");
    f.settle();
    assertEquals(Map.of("a", List.of(new SeriesReader.Metadata("counter", "Things.", ""))), f.storage.now().metadata());
    f.await(f.storage.close());
    f.kill();
    f.open();
    assertEquals(Map.of("a", List.of(new SeriesReader.Metadata("counter", "Things.", ""))), f.storage.now().metadata());
  }

  @Test
  void restartsFromCheckpointAndReplaysOnlyTheTail() {
    var f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 1000; i++) {
      for (int s = 0; s < 7; s++) {
        f.add(series("a", "s", "" + s), T0 + i * 10_000L - (i % 13 == 5 ? 50_003 : 0), i * s * 0.1);
      }
      if (i % 50 == 0) {
        f.settle();
        f.time.advance(30_000);
      }
    }
    f.settle();
    f.time.advance(600_000);
    assertTrue(f.log.begin(0) > 0, "the log was trimmed");
    for (int i = 1000; i < 1100; i++) {
      for (int s = 0; s < 7; s++) {
        f.add(series("a", "s", "" + s), T0 + i * 10_000L, i * s * 0.1);
      }
    }
    f.settle();
    var before = f.readAll();
    assertEquals(7, before.size());
    f.crash(3);
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(before, f.readAll());
    for (int i = 1100; i < 1300; i++) {
      f.add(series("a", "s", "3"), T0 + i * 10_000L, i);
      before.get(series("a", "s", "3")).put(T0 + i * 10_000L, Double.doubleToRawLongBits(i));
    }
    f.settle();
    assertEquals(before, f.readAll());
    assertEquals(0, f.metric("tidemark_storage_log_gaps_total"));
  }

  /// A storage with five samples of `a`, closed, and its log lost since.
  private static StorageFixture closedBeforeItsLogWasReplaced() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 5; i++) {
      f.add(series("a"), T0 + i, i);
      f.flush();
    }
    f.await(f.storage.caughtUp());
    f.await(f.storage.close());
    f.kill();
    f.log.lose(0);
    f.newWriter();
    return f;
  }

  /// Adds samples to those of {@link #closedBeforeItsLogWasReplaced}, a record each.
  private static void addSince(StorageFixture f, int to) {
    for (int i = 5; i < to; i++) {
      f.add(series("a"), T0 + i, i);
      f.flush();
    }
  }

  @Test
  void goesOnFromTheEndOfALogThatWasReplaced() {
    StorageFixture f = closedBeforeItsLogWasReplaced();
    f.open();
    assertEquals(5, f.readAll().get(series("a")).size());
    f.add(series("a"), T0 + 10, 1);
    f.settle();
    assertEquals(6, f.readAll().get(series("a")).size());
    assertEquals(1, f.metric("tidemark_storage_lost_logs_total"));
  }

  @Test
  void whatCameBeforeTheShardsDoesNotHideThatALogWasReplaced() {
    StorageFixture f = closedBeforeItsLogWasReplaced();
    f.openEmpty();
    long[] ends = f.await(f.log.ends());
    addSince(f, 15);
    f.await(f.storage.own(Set.of(0), ends));
    f.await(f.storage.caughtUp());
    assertEquals(15, f.readAll().get(series("a")).size());
    assertEquals(1, f.metric("tidemark_storage_lost_logs_total"));
  }

  @Test
  void aLogThatWasReplacedIsForgottenByTheStartAfterIt() {
    StorageFixture f = closedBeforeItsLogWasReplaced();
    f.open();
    addSince(f, 8);
    f.settle();
    f.await(f.storage.close());
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(8, f.readAll().get(series("a")).size());
    assertEquals(0, f.metric("tidemark_storage_lost_logs_total"));
  }

  @Test
  void aLogThatWasReplacedAndGrewPastTheCheckpointIsReadFromItsBeginning() {
    StorageFixture f = closedBeforeItsLogWasReplaced();
    f.open();
    addSince(f, 15);
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(15, f.readAll().get(series("a")).size());
  }

  @Test
  void recordsOfANewLogDoNotTakeThePlacesOfBlocks() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 3; i++) {
      f.add(series("a", "i", "" + i), T0, i);
      f.flush();
    }
    f.settle();
    f.await(f.storage.seal());
    f.await(f.storage.close());
    f.kill();
    f.log.lose(0);
    f.newWriter();
    f.open();
    f.add(series("b"), T0, 1);
    f.flush();
    f.add(series("a", "i", "0"), T0, 77);
    f.flush();
    f.add(series("b"), T0 + 1, 1);
    f.settle();
    f.await(f.storage.seal());
    assertEquals(4, f.readAll().size());
    assertEquals(Double.doubleToRawLongBits(77), f.readAll().get(series("a", "i", "0")).get(T0));
  }

  @Test
  void aCheckpointOfAnotherShardIsPutAside() {
    var f = new StorageFixture(1, 2, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 40; i++) {
      f.add(series("a", "i", "" + i), T0, i);
    }
    f.settle();
    f.await(f.storage.close());
    f.kill();
    List<Path> swapped = new ArrayList<>();
    for (int shard = 0; shard < 2; shard++) {
      swapped.add(f.disk.files(StorageFixture.DIRECTORY.resolve("shard-000" + shard)).stream()
          .filter(path -> path.toString().endsWith(".ckpt")).findFirst().orElseThrow());
    }
    byte[] first = f.disk.content(swapped.get(0));
    f.disk.put(swapped.get(0), f.disk.content(swapped.get(1)));
    f.disk.put(swapped.get(1), first);
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(40, f.readAll().size());
    assertEquals(2, f.metric("tidemark_damaged_checkpoints_total"));
  }

  /// The first bytes, which say the version, have no checksum.
  @Test
  void aFlippedVersionIsDamageAndNotANewerRelease() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    f.add(series("a"), T0, 1);
    f.settle();
    f.await(f.storage.close());
    f.kill();
    f.disk.flip(f.disk.files(StorageFixture.DIRECTORY.resolve("shard-0000")).getLast(), 4, 1);
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(1, f.readAll().size());
    assertEquals(1, f.metric("tidemark_damaged_checkpoints_total"));
  }

  @Test
  void labelsOfMoreThanAMebibyteComeBack() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    LabelSet large = series("a", "text", "x".repeat((1 << 20) + 70_000));
    f.add(large, T0, 1);
    f.add(series("b"), T0, 1);
    f.settle();
    f.newWriter();
    f.add(large, T0 + 1, 2);
    f.settle();
    assertEquals(2, f.readAll().get(large).size());
    f.await(f.storage.close());
    f.kill();
    f.log.trim(0, Long.MAX_VALUE);
    f.open();
    assertEquals(2, f.readAll().get(large).size());
    assertEquals(1, f.readAll().get(series("b")).size());
    f.await(f.storage.seal());
    assertEquals(2, f.readAll().get(large).size());
  }

  @Test
  void writersThatDrewOneNumberKeepTheirSeriesApart() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (String name : List.of("a", "b")) {
      var writer = new BatchWriter(f.log, 77, BatchLimits.DEFAULT, f.time, new Metrics());
      writer.add(writer.define(series(name)), T0, 1);
      f.await(writer.flush());
      f.time.advance(1);
    }
    f.settle();
    assertEquals(Set.of(series("a"), series("b")), f.readAll().keySet());
  }

  @Test
  void aPushOfTimesInThousandsOfWindowsIsKeptWhole() {
    long day = 24 * 3_600_000L;
    var config = new StorageConfig(400 * day, Long.MAX_VALUE, Long.MAX_VALUE, 2 * 3_600_000L, day, 300_000, 512);
    var f = new StorageFixture(1, 1, config).open();
    for (int hour = 180 * 24; hour >= 0; hour--) {
      f.add(series("hourly"), T0 - hour * 3_600_000L, hour);
    }
    f.add(series("live"), T0, 1);
    f.settle();
    assertEquals(180 * 24 + 1, f.readAll().get(series("hourly")).size());
    assertEquals(1, f.readAll().get(series("live")).size());
  }

  private static void addMuch(StorageFixture f, int from, int to) {
    String text = "x".repeat(60_000);
    for (int i = from; i < to; i++) {
      f.add(series("a", "more", text, "text", text + i), T0, i);
      if (i % 5 == 4) {
        f.settle();
      }
    }
    f.time.advance(1);
  }

  @Test
  void muchLogMakesACheckpointAtOnce() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    var shard = StorageFixture.DIRECTORY.resolve("shard-0000");
    addMuch(f, 0, 400);
    assertEquals(List.of(), f.disk.files(shard));
    addMuch(f, 400, 700);
    assertEquals(1, f.disk.files(shard).size());
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(700, f.readAll().size());
  }

  @Test
  void aStartMakesNoCheckpointOfItsReplayBeforeItsFirstTick() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    var shard = StorageFixture.DIRECTORY.resolve("shard-0000");
    addMuch(f, 0, 400);
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    addMuch(f, 400, 700);
    f.kill();
    f.open();
    f.await(f.storage.caughtUp());
    f.time.advance(14_000);
    assertEquals(List.of(), f.disk.files(shard));
    f.time.advance(1_000);
    assertEquals(1, f.disk.files(shard).size());
  }

  @Test
  void whatComesAfterAStartMakesACheckpointBeforeItsFirstTick() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    var shard = StorageFixture.DIRECTORY.resolve("shard-0000");
    addMuch(f, 0, 400);
    f.kill();
    long started = f.time.millis();
    f.open();
    f.await(f.storage.caughtUp());
    addMuch(f, 400, 800);
    assertEquals(List.of(), f.disk.files(shard));
    addMuch(f, 800, 1_100);
    assertEquals(1, f.disk.files(shard).size());
    assertTrue(f.time.millis() < started + 15_000);
  }

  @Test
  void usesTheCheckpointBeforeADamagedOne() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    for (int i = 0; i < 5; i++) {
      f.add(series("a"), T0 + i, i);
      f.settle();
      f.time.advance(600_000);
    }
    var before = f.readAll();
    var files = f.disk.files(StorageFixture.DIRECTORY.resolve("shard-0000"));
    assertEquals(2, files.size(), files.toString());
    f.kill();
    f.disk.flip(files.getLast(), 60, 1);
    f.open();
    f.await(f.storage.caughtUp());
    assertEquals(before, f.readAll());
    assertEquals(1, f.metric("tidemark_damaged_checkpoints_total"));
    assertFalse(f.disk.exists(files.getLast()));
  }
}
