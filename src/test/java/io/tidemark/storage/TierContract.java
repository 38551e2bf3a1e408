package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.objects.FaultyObjectStore.Kind;
import io.tidemark.objects.ObjectStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What the tier keeps to over every object store.
abstract class TierContract {
  private static final long T0 = TierFixture.T0;
  private static final long HOUR = TierFixture.HOUR;

  /// An empty store that has answered when a call returns.
  protected abstract ObjectStore emptyStore();

  private TierFixture fixture(TierConfig config) {
    return new TierFixture(1, 1, config, emptyStore());
  }

  /// Eight hours of which all but the newest block lie in the store only.
  private TierFixture mostlyCold() {
    return fixture(TierFixture.hot(1, 1)).open().load(T0, 8).seal();
  }

  @Test
  void blocksGoUpAreReadBackAndGiveWay() {
    TierFixture t = fixture(TierFixture.hot(1, 1)).open().load(T0, 8);
    var before = t.readAll();
    t.seal();
    assertEquals(1, t.localBlocks().size(), t.localBlocks().toString());
    assertEquals(3, t.objects(".tmb").size());
    assertEquals(3, t.indexHeaders().size());
    assertEquals(3, t.metric("tidemark_cold_blocks"));
    assertEquals(3, t.metric("tidemark_cold_uploads_total"));
    assertEquals(before, t.readAll());
    assertTrue(t.metric("tidemark_cold_cache_misses_total") > 0);
    double misses = t.metric("tidemark_cold_cache_misses_total");
    assertEquals(before, t.readAll());
    assertEquals(misses, t.metric("tidemark_cold_cache_misses_total"), "all pages are in the cache");
    assertEquals(0, t.metric("tidemark_cold_failures_total"));
  }

  @Test
  void onlyWhatNeedsNoStoreIsNear() {
    TierFixture t = mostlyCold();
    assertTrue(t.f.storage.now().isNear(new TimeRange(T0 + 7 * HOUR, T0 + 8 * HOUR)));
    assertFalse(t.f.storage.now().isNear(new TimeRange(T0, T0 + HOUR)));
    assertFalse(t.f.storage.now().isNear(TimeRange.ALL));
  }

  @Test
  void labelsOfColdBlocksNeedNoStore() {
    TierFixture t = mostlyCold();
    t.restart();
    t.store.away();
    assertEquals(List.of("m0", "m1", "m2"), t.f.storage.now().labelValues("__name__", List.of(), TimeRange.ALL));
  }

  @Test
  void coldAnswersTheSameBitsAsHot() {
    for (int seed = 1; seed <= 4; seed++) {
      var random = new Random(seed);
      TierFixture hot = new TierFixture(seed, 2, TierFixture.hot(1_000_000, 1_000_000), emptyStore()).open();
      for (int i = 0; i < 20_000; i++) {
        long t = T0 + i * 2_000L + random.nextInt(3_000);
        hot.f.add(TierFixture.series(random.nextInt(40)), t, switch (random.nextInt(4)) {
          case 0 -> random.nextInt(100) / 10.0;
          case 1 -> random.nextGaussian();
          case 2 -> Double.longBitsToDouble(random.nextLong());
          default -> i;
        });
      }
      hot.f.settle();
      hot.f.await(hot.f.storage.seal());
      TierFixture cold = new TierFixture(new StorageFixture(seed + 100, hot.f), TierFixture.hot(1, random.nextInt(2)), emptyStore()).open();
      cold.f.await(cold.f.storage.caughtUp());
      cold.seal();
      cold.work();
      assertTrue(cold.metric("tidemark_cold_blocks") >= 8, "cold blocks " + cold.metric("tidemark_cold_blocks"));
      for (int restarts = 0; restarts < 2; restarts++) {
        assertEquals(hot.readAll(), cold.readAll());
        for (int query = 0; query < 20; query++) {
          long start = T0 + random.nextInt(12 * 3_600_000);
          var range = new TimeRange(start, start + 1 + random.nextInt(5 * 3_600_000));
          Matcher[] matchers = random.nextBoolean() ? new Matcher[] {Matcher.equal("job", "api")}
              : new Matcher[] {new Matcher(LabelSet.NAME, Matcher.Op.MATCH, "m[01]"), Matcher.equal("job", "db")};
          assertEquals(hot.f.read(range, matchers), cold.f.read(range, matchers), range.toString());
        }
        cold.restart();
        cold.f.await(cold.f.storage.caughtUp());
      }
    }
  }

  @Test
  void aFlippedByteIsRefusedByNameAndNeverAnsweredFrom() {
    TierFixture t = mostlyCold();
    var before = TierFixture.samples(t.readAll());
    t.restart();
    String key = t.objects(".tmb").getFirst();
    t.store.flip(key, 100);
    t.f.readAll();
    assertEquals(1, t.f.warnings().size());
    String warning = t.f.warnings().getFirst();
    assertTrue(warning.matches(".* are missing: .*" + key + ".*page \\d+ at byte \\d+: checksum [0-9a-f]+, expected [0-9a-f]+.*"),
        warning);
    t.f.time.run();
    assertEquals(1, t.metric("tidemark_cold_damaged_objects_total"));
    assertEquals(1, t.f.metric("tidemark_damaged_blocks_total"));
    assertEquals(before - 20 * 2 * 240, TierFixture.samples(t.readAll()), "the others answer");
    t.work();
    assertEquals(before - 20 * 2 * 240, TierFixture.samples(t.readAll()), "it does not come back by itself");
    assertEquals(List.of(warning), t.f.warnings());
    assertEquals(3, t.objects(".tmb").size(), "nothing is deleted");
  }

  @Test
  void anObjectThatReadsBackWronglyIsPutAgainAndTheLocalBlockStays() {
    TierFixture t = fixture(TierFixture.hot(1, 1)).open().load(T0, 4);
    var before = t.readAll();
    String key = aKeyToBe(t);
    t.store.flip(key, 1000);
    t.f.await(t.f.storage.seal());
    t.f.time.advance(20_000);
    assertTrue(t.metric("tidemark_cold_verify_failures_total") > 0);
    assertEquals(2, t.localBlocks().size());
    assertEquals(List.of(), t.objects(".tmb"));
    assertEquals(before, t.readAll());
    t.store.heal();
    t.f.time.advance(900_000);
    assertEquals(1, t.localBlocks().size());
    assertEquals(List.of(key), t.objects(".tmb"));
    assertEquals(before, t.readAll());
  }

  /// The key that the oldest block of this data gets: found out by a run of its own.
  private String aKeyToBe(TierFixture t) {
    var twin = new TierFixture(new StorageFixture(7, t.f), t.config, emptyStore()).open();
    twin.f.await(twin.f.storage.caughtUp());
    return twin.seal().objects(".tmb").getFirst();
  }

  @Test
  void whileTheStoreIsAwayHotAnswersColdFailsByNameAndNothingIsLost() {
    TierFixture t = mostlyCold();
    var before = t.readAll();
    t.restart();
    t.store.away();
    t.load(T0 + 8 * HOUR, 4).f.await(t.f.storage.seal());
    t.f.time.advance(600_000);
    assertEquals(3, t.localBlocks().size(), "blocks stay until they are read back");
    assertTrue(t.metric("tidemark_cold_failures_total") > 1);
    assertEquals(2, t.metric("tidemark_cold_waiting_blocks"));
    assertEquals(20 * 4 * 240, TierFixture.samples(t.f.read(new TimeRange(T0 + 8 * HOUR, T0 + 12 * HOUR),
        new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, ""))));
    TidemarkException away = assertThrows(TidemarkException.class, t::readAll);
    assertEquals(ErrorCode.UNAVAILABLE, away.code());
    assertTrue(away.getMessage().contains("cold block block_" + T0) && away.getMessage().contains(t.store.name()), away.getMessage());
    t.store.heal();
    t.f.time.advance(900_000);
    assertEquals(1, t.localBlocks().size());
    assertEquals(TierFixture.samples(before) + 20 * 4 * 240, TierFixture.samples(t.readAll()));
  }

  @Test
  void startsWithWhatIsKnownWhileTheStoreIsAway() {
    TierFixture t = mostlyCold();
    var before = t.readAll();
    t.store.away();
    t.restart();
    assertEquals(3, t.metric("tidemark_cold_blocks"));
    assertEquals(ErrorCode.UNAVAILABLE, assertThrows(TidemarkException.class, t::readAll).code());
    t.store.heal();
    assertEquals(before, t.readAll());
  }

  @Test
  void aNodeWithoutItsDiskComesBackFromTheStore() {
    TierFixture t = fixture(TierFixture.hot(4, 0)).open().load(T0, 8);
    t.seal();
    t.load(T0 + 8 * HOUR, 1);
    t.work();
    t.f.await(t.f.storage.close());
    t.work();
    var before = t.readAll();
    assertEquals(2, t.objects(".ckpt").size(), t.objects(".ckpt").toString());
    var fresh = new TierFixture(new StorageFixture(5, t.f), t.config, t.store).open();
    fresh.f.await(fresh.f.storage.caughtUp());
    assertEquals(1, fresh.f.metric("tidemark_storage_remote_checkpoints_total"));
    assertEquals(before, fresh.readAll());
    assertTrue(fresh.metric("tidemark_cold_index_fetches_total") >= 4);
    fresh.work();
    fresh.restart();
    fresh.f.await(fresh.f.storage.caughtUp());
    assertEquals(before, fresh.readAll());
    assertEquals(0, fresh.metric("tidemark_cold_index_fetches_total"), "its index headers are here");
  }

  @Test
  void aDeleteIsInTheStoreSoonWithWhateverIntervalOfCheckpoints() {
    TierFixture t = fixture(new TierConfig(4 * HOUR, Long.MAX_VALUE, 0, 900_000, Long.MAX_VALUE, 1 << 20)).open().load(T0, 8);
    t.seal();
    double puts = t.metric("tidemark_cold_checkpoint_uploads_total");
    assertTrue(puts > 0);
    t.load(T0 + 8 * HOUR, 1);
    t.seal();
    assertEquals(puts, t.metric("tidemark_cold_checkpoint_uploads_total"), "not yet due");
    t.f.delete(TimeRange.ALL, Matcher.equal("job", "api"));
    t.f.await(t.f.storage.caughtUp());
    var before = t.readAll();
    assertEquals(10, before.size());
    t.f.time.advance(30_000);
    double later = t.metric("tidemark_cold_checkpoint_uploads_total");
    assertTrue(later > puts, "the delete");
    // Disk and log are lost.
    var fresh = new TierFixture(new StorageFixture(5, t.f.log.partitions(), t.f.config), t.config, t.store).open();
    fresh.f.await(fresh.f.storage.caughtUp());
    assertEquals(before, fresh.readAll());
    t.f.time.advance(600_000);
    assertEquals(later, t.metric("tidemark_cold_checkpoint_uploads_total"), "once");
  }

  @Test
  void aNodeWithNothingWaitsForTheStoreRatherThanBeginWithAHole() {
    TierFixture t = mostlyCold();
    var before = t.readAll();
    t.f.await(t.f.storage.close());
    var fresh = new TierFixture(new StorageFixture(5, t.f), t.config, t.store);
    fresh.store.away();
    fresh.openTier();
    fresh.f.openEmpty();
    assertEquals(ErrorCode.UNAVAILABLE,
        assertThrows(TidemarkException.class, () -> TierContract.await(fresh.f, fresh.f.storage.gain(0))).code());
    fresh.store.heal();
    fresh.f.time.runUntil(() -> fresh.f.storage.applied().containsKey(0));
    fresh.f.await(fresh.f.storage.caughtUp());
    assertEquals(before, fresh.readAll());
  }

  private static void await(StorageFixture f, io.vertx.core.Future<?> future) {
    f.time.runUntil(future::isComplete);
    if (future.failed()) {
      throw (TidemarkException) future.cause();
    }
  }

  @Test
  void aDeletedObjectIsANamedErrorAndThenLeftOut() {
    TierFixture t = mostlyCold();
    int before = TierFixture.samples(t.readAll());
    t.restart();
    String key = t.objects(".tmb").getFirst();
    t.f.await(t.store.delete(key));
    TidemarkException missing = assertThrows(TidemarkException.class, t::readAll);
    assertEquals(ErrorCode.UNAVAILABLE, missing.code());
    assertTrue(missing.getMessage().contains(key) && missing.getMessage().contains("gone"), missing.getMessage());
    t.work();
    assertEquals(1, t.metric("tidemark_cold_missing_objects_total"));
    assertEquals(before - 20 * 2 * 240, TierFixture.samples(t.readAll()));
  }

  @Test
  void anObjectThatWasDeletedWhileTheNodeWasDownIsToldTheSameWay() {
    TierFixture t = mostlyCold();
    int before = TierFixture.samples(t.readAll());
    for (int start = 1; start <= 2; start++) {
      t.f.kill();
      if (start == 1) {
        t.f.await(t.store.delete(t.objects(".tmb").getFirst()));
      }
      t.open();
      assertEquals(1, t.metric("tidemark_cold_missing_objects_total"));
      TidemarkException missing = assertThrows(TidemarkException.class, t::readAll);
      assertEquals(ErrorCode.UNAVAILABLE, missing.code());
      assertTrue(missing.getMessage().contains("shard-0000/block_" + T0) && missing.getMessage().contains("gone"), missing.getMessage());
      t.work();
      assertEquals(before - 20 * 2 * 240, TierFixture.samples(t.readAll()));
      t.f.time.advance(2_000_000);
      assertEquals(1, t.metric("tidemark_cold_missing_objects_total"), "told once");
      assertEquals(3, t.indexHeaders().size(), "the next start knows it");
    }
  }

  @Test
  void anObjectThatIsPutBackAnswersAgain() {
    TierFixture t = mostlyCold();
    var before = t.readAll();
    String key = t.objects(".tmb").getFirst();
    byte[] content = t.f.await(t.store.read(key, 0, (int) t.f.await(t.store.head(key)).bytes()));
    t.f.kill();
    t.f.await(t.store.delete(key));
    t.open();
    t.f.time.advance(700_000);
    assertEquals(before.size(), t.readAll().size());
    t.f.disk.put(Path.of("/backup"), content);
    t.f.await(t.store.putIfAbsent(key, t.f.disk, Path.of("/backup")));
    t.f.time.advance(700_000);
    assertEquals(before, t.readAll());
    assertEquals(1, t.metric("tidemark_cold_missing_objects_total"));
  }

  @Test
  void anObjectThatAListLeavesOutAtAStartIsReadAllTheSame() {
    TierFixture t = mostlyCold();
    var before = t.readAll();
    t.f.kill();
    t.store.leaveOut(t.objects(".tmb").getFirst());
    t.open();
    assertEquals(before, t.readAll());
    assertEquals(0, t.metric("tidemark_cold_missing_objects_total"));
    assertEquals(3, t.indexHeaders().size());
  }

  @Test
  void anObjectThatIsGoneWhileItsBlockIsHereIsPutAgain() {
    TierFixture t = fixture(TierFixture.hot(3, 1)).open().load(T0, 6).seal();
    assertEquals(1, t.metric("tidemark_cold_blocks"));
    String key = t.objects(".tmb").getLast();
    t.f.await(t.store.delete(key));
    t.load(T0 + 6 * HOUR, 4);
    var before = t.readAll();
    t.seal();
    t.f.time.advance(900_000);
    assertTrue(t.objects(".tmb").contains(key));
    assertEquals(1, t.metric("tidemark_cold_missing_objects_total"));
    assertEquals(before, t.readAll());
  }

  @Test
  void aDamagedIndexHeaderIsFetchedAgain() {
    for (boolean cut : new boolean[] {true, false}) {
      TierFixture t = mostlyCold();
      var before = t.readAll();
      t.f.kill();
      Path header = t.indexHeaders().getFirst();
      if (cut) {
        t.f.disk.put(header, java.util.Arrays.copyOf(t.f.disk.content(header), 50));
      } else {
        t.f.disk.flip(header, 200, 1);
      }
      t.open();
      assertEquals(1, t.metric("tidemark_cold_index_fetches_total"));
      assertEquals(before, t.readAll());
    }
  }

  @Test
  void coldRetentionDeletes() {
    TierFixture t = fixture(new TierConfig(HOUR, 6 * HOUR, HOUR, 1_000, Long.MAX_VALUE, 1 << 20)).open().load(T0, 12).seal();
    t.work();
    assertEquals(3, t.objects(".tmb").size(), t.objects(".tmb").toString());
    assertEquals(3, t.indexHeaders().size());
    assertEquals(2, t.metric("tidemark_cold_expired_objects_total"));
    assertEquals(20 * 8 * 240, TierFixture.samples(t.readAll()));
  }

  @Test
  void mergedBlocksTakeThePlaceOfTheirSourcesInTheStore() {
    TierFixture t = TierFixture.merging(1, TierFixture.hot(1_000, 0), emptyStore()).open().load(T0, 26).seal();
    var before = t.readAll();
    t.f.await(t.f.storage.compact());
    t.f.time.advance(600_000);
    assertEquals(t.localBlocks().size(), t.objects(".tmb").size(), t.objects(".tmb").toString());
    assertEquals(2, t.localBlocks().size());
    assertTrue(t.metric("tidemark_cold_superseded_objects_total") > 0);
    assertEquals(0, t.metric("tidemark_cold_blocks"));
    assertEquals(before, t.readAll());
    int puts = t.store.calls(Kind.PUT);
    t.restart();
    t.work();
    assertEquals(puts, t.store.calls(Kind.PUT), "nothing goes up twice");
    assertEquals(before, t.readAll());
  }

  @Test
  void replicasMakeOneObjectOfEachBlock() {
    ObjectStore shared = emptyStore();
    TierFixture a = TierFixture.merging(1, TierFixture.hot(12, 0), shared).open().load(T0, 30);
    a.work();
    List<String> objects = a.objects(".tmb");
    assertTrue(objects.size() >= 3, objects.toString());
    TierFixture b = new TierFixture(new StorageFixture(2, a.f), TierFixture.hot(12, 0), shared).open();
    b.f.await(b.f.storage.caughtUp());
    b.work();
    assertEquals(objects, b.objects(".tmb"));
    assertEquals(a.readAll(), b.readAll());
  }

  @Test
  void aReplicaThatIsBehindReadsNothingTwiceAndMergesOn() {
    ObjectStore shared = emptyStore();
    TierFixture a = TierFixture.merging(1, TierFixture.hot(1_000, 0), shared).open();
    TierFixture b = new TierFixture(new StorageFixture(2, a.f), TierFixture.hot(1_000, 1_000), shared).open();
    a.load(T0, 7);
    a.work();
    b.f.await(b.f.storage.caughtUp());
    b.f.await(b.f.storage.lose(0));
    a.load(T0 + 7 * HOUR, 20);
    a.work();
    assertTrue(a.objects(".tmb").stream().anyMatch(key -> key.matches(".*_2-[0-9a-f]{8}.tmb")), a.objects(".tmb").toString());
    b.f.await(b.f.storage.gain(0));
    b.f.await(b.f.storage.caughtUp());
    b.work();
    assertEquals(a.readAll(), b.readAll());
    assertEquals(a.localBlocks(), b.localBlocks());
    assertEquals(0, b.metric("tidemark_cold_blocks"));
  }

  @Test
  void aDamagedLocalBlockIsReadFromTheStore() {
    TierFixture t = fixture(TierFixture.hot(1_000, 0)).open().load(T0, 4).seal();
    var before = t.readAll();
    t.f.kill();
    Path block = t.f.disk.files(StorageFixture.DIRECTORY).stream().filter(path -> path.toString().endsWith(".tmb")).toList().getFirst();
    t.f.disk.flip(block, 100, 4);
    t.open();
    assertTrue(TierFixture.samples(before) > TierFixture.samples(t.readAll()));
    assertEquals(1, t.f.warnings().size());
    t.work();
    assertEquals(1, t.metric("tidemark_cold_restored_blocks_total"));
    assertEquals(1, t.f.metric("tidemark_repaired_blocks_total"));
    assertEquals(0, t.metric("tidemark_cold_blocks"), "the copy lies here");
    assertEquals(2, t.localBlocks().size());
    assertEquals(List.of(), t.f.warnings());
    assertEquals(before, t.readAll());
    t.restart();
    assertEquals(before, t.readAll());
  }

  @Test
  void aCopyThatIsDamagedTooIsNotTaken() {
    TierFixture t = fixture(TierFixture.hot(1_000, 0)).open().load(T0, 4).seal();
    var before = TierFixture.samples(t.readAll());
    t.f.kill();
    Path block = t.f.disk.files(StorageFixture.DIRECTORY).stream().filter(path -> path.toString().endsWith(".tmb")).toList().getFirst();
    t.f.disk.flip(block, 100, 4);
    t.store.flip(t.objects(".tmb").getFirst(), 101);
    t.open();
    t.f.await(t.f.storage.scrub());
    t.f.time.advance(600_000);
    assertEquals(before - 20 * 2 * 240, TierFixture.samples(t.readAll()));
    assertEquals(0, t.f.metric("tidemark_repaired_blocks_total"));
    assertEquals(1, t.f.storage.integrity().quarantined().stream().filter(one -> !one.isCold()).count());
    assertEquals(1, t.f.warnings().stream().distinct().filter(text -> text.contains(block.toString())).count(), t.f.warnings().toString());
  }

  @Test
  void aLocalBlockThatIsDamagedDoesNotGoUp() {
    TierFixture t = fixture(TierFixture.hot(1_000, 2)).open().load(T0, 4).seal();
    t.f.kill();
    Path block = t.f.disk.files(StorageFixture.DIRECTORY).stream().filter(path -> path.toString().endsWith(".tmb")).toList().getFirst();
    for (String key : t.objects(".tmb")) {
      t.f.await(t.store.delete(key));
    }
    t.f.disk.flip(block, 100, 4);
    t.open();
    t.load(T0 + 4 * HOUR, 4).seal();
    assertEquals(1, t.objects(".tmb").size(), t.objects(".tmb").toString());
    assertFalse(t.objects(".tmb").stream().anyMatch(key -> key.contains("block_" + T0 + "_")));
  }

  @Test
  void tooManyLocalBytesGoColdBeforeTheirTime() {
    TierFixture t = fixture(new TierConfig(1_000 * HOUR, Long.MAX_VALUE, 1_000 * HOUR, 1_000, 20_000, 1 << 20)).open().load(T0, 8);
    var before = t.readAll();
    t.seal();
    t.f.time.advance(600_000);
    assertTrue(t.f.metric("tidemark_block_bytes") <= 20_000, "bytes " + t.f.metric("tidemark_block_bytes"));
    assertTrue(t.metric("tidemark_cold_blocks") > 0);
    assertEquals(before, t.readAll());
  }

  @Test
  void anIndexHeaderThatFitsAnotherBlockIsFetchedAgain() {
    TierFixture t = mostlyCold();
    var before = t.readAll();
    t.f.kill();
    List<Path> headers = t.indexHeaders();
    t.f.disk.put(headers.get(0), t.f.disk.content(headers.get(1)));
    t.open();
    assertEquals(1, t.metric("tidemark_cold_index_fetches_total"));
    assertEquals(before, t.readAll());
  }

  @Test
  void indexHeadersOfALostShardGoAfterADay() {
    TierFixture t = mostlyCold();
    t.f.await(t.f.storage.lose(0));
    t.f.time.advance(23 * HOUR);
    assertEquals(3, t.indexHeaders().size());
    t.f.time.advance(3 * HOUR);
    assertEquals(List.of(), t.indexHeaders());
    assertEquals(3, t.objects(".tmb").size());
  }

  private static final Matcher ERASED = Matcher.equal("i", "1");

  private static void erase(TierFixture t) {
    t.f.delete(new TimeRange(T0, T0 + 3 * HOUR), ERASED);
    t.f.await(t.f.storage.caughtUp());
  }

  @Test
  void deletesReachColdBlocksAtOnceAndTheirObjectsSoon() {
    TierFixture t = mostlyCold();
    List<String> before = t.objects(".tmb");
    var expected = t.readAll();
    expected.get(TierFixture.series(1)).headMap(T0 + 3 * HOUR).clear();
    erase(t);
    assertEquals(expected, t.readAll());
    t.f.time.advance(Sweep.DELAY_MILLIS + 300_000);
    assertEquals(expected, t.readAll());
    List<String> after = t.objects(".tmb");
    assertEquals(3, after.size());
    // Four blocks of two hours, of which the two first had something, the last is here.
    assertEquals(1, after.stream().filter(before::contains).count(), before + " " + after);
    assertEquals(1, t.localBlocks().size(), t.localBlocks().toString());
    assertEquals(2, t.f.metric("tidemark_erase_rewritten_blocks_total"));
    assertEquals(720, t.f.metric("tidemark_erase_samples_total"));
    t.restart();
    t.f.await(t.f.storage.caughtUp());
    assertEquals(expected, t.readAll());
    t.f.time.advance(Sweep.KEPT_MILLIS + 60_000);
    assertEquals(0, t.f.storage.tombstones());
    assertEquals(expected, t.readAll());
  }

  @Test
  void aDeleteWaitsForAStoreThatIsAway() {
    TierFixture t = mostlyCold();
    var expected = t.readAll();
    expected.get(TierFixture.series(1)).headMap(T0 + 3 * HOUR).clear();
    erase(t);
    t.restart();
    t.store.away();
    t.f.time.advance(2 * Sweep.DELAY_MILLIS);
    assertEquals(1, t.f.storage.tombstones());
    t.store.heal();
    t.f.time.advance(Sweep.DELAY_MILLIS);
    assertEquals(2, t.f.metric("tidemark_erase_rewritten_blocks_total"));
    assertEquals(expected, t.readAll());
  }

  @Test
  void replicasOverOneStoreEraseAlike() {
    ObjectStore store = emptyStore();
    TierFixture one = new TierFixture(1, 1, TierFixture.hot(1, 0), store).open();
    TierFixture other = new TierFixture(new StorageFixture(2, one.f), TierFixture.hot(1, 0), store).open();
    one.load(T0, 8);
    other.f.await(other.f.storage.caughtUp());
    var expected = one.readAll();
    expected.get(TierFixture.series(1)).headMap(T0 + 3 * HOUR).clear();
    one.seal();
    other.seal();
    erase(one);
    other.f.await(other.f.storage.caughtUp());
    assertEquals(expected, other.readAll());
    for (int round = 0; round < 20; round++) {
      one.f.time.advance(600_000);
      assertEquals(expected, one.readAll(), "round " + round);
      other.f.time.advance(700_000);
      assertEquals(expected, other.readAll(), "round " + round);
    }
    // Who begins from the store alone finds nothing of it either.
    TierFixture late = new TierFixture(new StorageFixture(3, one.f), TierFixture.hot(1, 0), store);
    late.f.log.trim(0, late.f.log.end(0) - 1);
    late.open();
    late.f.await(late.f.storage.caughtUp());
    assertEquals(expected.get(TierFixture.series(1)).firstKey(), late.readAll().get(TierFixture.series(1)).firstKey());
  }
}
