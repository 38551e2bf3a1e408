package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ShardSeatTest {
  private static final long T0 = 1_704_067_200_000L;
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;

  private static LabelSet series(int i) {
    return LabelSet.of(LabelSet.NAME, "m" + i);
  }

  private static void add(StorageFixture f, long from, int count) {
    for (int i = 0; i < count; i++) {
      for (int s = 0; s < 20; s++) {
        f.add(series(s), from + i * 15_000L, i * s);
      }
      if (i % 40 == 0) {
        f.flush();
      }
    }
    f.flush();
  }

  private static Path directory(int shard) {
    return StorageFixture.DIRECTORY.resolve(ShardSeat.directoryName(shard));
  }

  private static boolean tellsOf(StorageFixture f, int shard) {
    return f.metrics.print().lines().filter(line -> !line.contains("log=")).anyMatch(line -> line.contains("shard=\"" + shard + "\""));
  }

  @Test
  void shardsComeAndGoWhileItRuns() {
    var f = new StorageFixture(1, 3, StorageConfig.DEFAULT).openEmpty();
    add(f, T0, 100);
    assertEquals(Map.of(), f.readAll());
    assertEquals(Map.of(), f.storage.applied());
    f.await(f.storage.own(Set.of(0, 1, 2)));
    f.await(f.storage.caughtUp());
    Map<LabelSet, TreeMap<Long, Long>> all = f.readAll();
    assertEquals(20, all.size());
    f.await(f.storage.own(Set.of(0, 2)));
    Map<LabelSet, TreeMap<Long, Long>> some = f.readAll();
    assertTrue(!some.isEmpty() && some.size() < 20, some.keySet().toString());
    assertEquals(Map.of(0, f.log.end(0), 2, f.log.end(2)), f.storage.applied());
    assertFalse(tellsOf(f, 1));
    assertTrue(tellsOf(f, 2));
    Future<Void> elsewhere = f.storage.reached(1, 1);
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) elsewhere.cause()).code());
    f.await(f.storage.gain(1));
    f.await(f.storage.caughtUp());
    assertEquals(all, f.readAll());
    assertTrue(tellsOf(f, 1));
  }

  @Test
  void aShardThatComesBackReplaysOnlyWhatCameMeanwhile() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    add(f, T0, 100);
    f.await(f.storage.caughtUp());
    f.await(f.storage.lose(0));
    add(f, T0 + 100 * 15_000L, 10);
    f.await(f.storage.gain(0));
    f.await(f.storage.caughtUp());
    assertEquals(10 * 20, f.metric("tidemark_samples_appended_total"), "the counters begin anew");
    assertEquals(110 * 20, f.readAll().values().stream().mapToInt(TreeMap::size).sum());
  }

  @Test
  void theLastWishCounts() {
    for (int seed = 1; seed <= 20; seed++) {
      var f = new StorageFixture(seed, 2, StorageConfig.DEFAULT).openEmpty();
      add(f, T0, 3);
      f.storage.gain(0);
      f.storage.lose(0);
      Future<Void> last = f.storage.gain(0);
      f.storage.gain(1);
      for (int i = 0; i < seed; i++) {
        f.time.step();
      }
      Future<Void> gone = f.storage.lose(1);
      f.await(last);
      f.await(gone);
      assertEquals(Set.of(0), f.storage.applied().keySet());
    }
  }

  @Test
  void waitersOfALostShardAreTold() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    Future<Void> waiting = f.storage.reached(0, 5);
    f.time.run();
    assertFalse(waiting.isComplete());
    f.await(f.storage.lose(0));
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) waiting.cause()).code());
  }

  @Test
  void aNewNodeBeginsFromTheStoreWhenTheLogHasForgotten() {
    var store = new FolderStore();
    var a = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    a.source = store;
    a.events = store.follow(a.disk);
    a.open();
    for (int hour = 0; hour < 8; hour++) {
      add(a, T0 + hour * HOUR, 240);
      a.await(a.storage.caughtUp());
      a.time.advance(600_000);
    }
    assertTrue(a.log.begin(0) > 0, "the log was trimmed");
    var b = new StorageFixture(2, a);
    b.source = store;
    store.threads = b.time.executor();
    store.target = b.disk;
    b.open();
    b.await(b.storage.caughtUp());
    assertEquals(a.readAll(), b.readAll());
    assertEquals(1, b.metric("tidemark_storage_remote_checkpoints_total"));
    assertEquals(0, b.metric("tidemark_storage_log_gaps_total"));
    assertEquals(0, b.metric("tidemark_blocks"), "they stay in the store");
  }

  @Test
  void aLocalCheckpointIsEnoughWhenTheLogGoesOnFromIt() {
    var store = new FolderStore();
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    f.source = store;
    f.events = store.follow(f.disk);
    store.target = f.disk;
    f.open();
    add(f, T0, 100);
    f.await(f.storage.caughtUp());
    f.await(f.storage.lose(0));
    f.await(f.storage.gain(0));
    assertEquals(0, f.metric("tidemark_storage_remote_checkpoints_total"));
    assertEquals(100 * 20, f.readAll().values().stream().mapToInt(TreeMap::size).sum());
  }

  @Test
  void theStoresCheckpointServesWhenTheLocalOnesAreDamaged() {
    var store = new FolderStore();
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    f.source = store;
    f.events = store.follow(f.disk);
    store.target = f.disk;
    f.open();
    for (int i = 0; i < 3; i++) {
      add(f, T0 + i * 1_500_000L, 100);
      f.await(f.storage.caughtUp());
      f.time.advance(600_000);
    }
    assertTrue(f.log.begin(0) > 0);
    var before = f.readAll();
    f.await(f.storage.lose(0));
    for (Path file : f.disk.files(directory(0))) {
      f.disk.flip(file, 30, 1);
    }
    Future<Void> gained = f.storage.gain(0);
    f.time.runUntil(() -> f.storage.applied().containsKey(0));
    assertEquals(ErrorCode.CORRUPT, ((TidemarkException) gained.cause()).code());
    f.await(f.storage.caughtUp());
    assertEquals(before, f.readAll());
    assertEquals(1, f.metric("tidemark_storage_gain_failures_total"));
  }

  @Test
  void theStoresCheckpointServesWhenTheLogBeginsAfterTheOlderOne() {
    var store = new FolderStore();
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    f.source = store;
    f.events = store.follow(f.disk);
    store.target = f.disk;
    f.open();
    for (int i = 0; i < 3; i++) {
      add(f, T0 + i * 1_500_000L, 100);
      f.await(f.storage.caughtUp());
      f.time.advance(600_000);
    }
    var before = f.readAll();
    f.await(f.storage.lose(0));
    f.log.trim(0, f.log.end(0));
    f.disk.flip(f.disk.files(directory(0)).stream().filter(path -> path.toString().endsWith(".ckpt")).reduce((_, b) -> b).orElseThrow(),
        30, 1);
    f.storage.gain(0);
    f.time.runUntil(() -> f.storage.applied().containsKey(0));
    assertEquals(before, f.readAll());
    assertEquals(0, f.metric("tidemark_storage_log_gaps_total"));
    assertEquals(1, f.metric("tidemark_storage_remote_checkpoints_total"));
  }

  @Test
  void tooManyWaitingReadsAreRefusedAndOldOnesLetGo() {
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT).open();
    var waiting = new ArrayList<Future<Void>>();
    for (int i = 0; i <= 10_000; i++) {
      waiting.add(f.storage.reached(0, 5));
    }
    f.time.run();
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) waiting.getLast().cause()).code());
    assertFalse(waiting.getFirst().isComplete());
    f.time.advance(700_000);
    assertTrue(waiting.stream().allMatch(Future::failed));
    assertTrue(waiting.getFirst().cause().getMessage().contains("shard 0 is at 0"), waiting.getFirst().cause().getMessage());
  }

  @Test
  void aGainThatFailsIsTriedAgain() {
    var store = new FolderStore();
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    f.source = store;
    store.threads = f.time.executor();
    f.openEmpty();
    add(f, T0, 10);
    store.isAway = true;
    Future<Void> gained = f.storage.gain(0);
    f.time.advance(20_000);
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) gained.cause()).code());
    assertEquals(Map.of(), f.storage.applied());
    assertTrue(f.metric("tidemark_storage_gain_failures_total") >= 3);
    store.isAway = false;
    f.time.runUntil(() -> f.storage.applied().containsKey(0), 120_000);
    f.await(f.storage.caughtUp());
    assertEquals(10 * 20, f.readAll().values().stream().mapToInt(TreeMap::size).sum());
  }

  @Test
  void aShardThatWasGivenUpIsNotTriedAgain() {
    var store = new FolderStore();
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    f.source = store;
    f.openEmpty();
    store.isAway = true;
    f.storage.gain(0);
    f.time.advance(5_000);
    f.await(f.storage.lose(0));
    store.isAway = false;
    f.time.advance(HOUR);
    assertEquals(Map.of(), f.storage.applied());
  }

  @Test
  void theDirectoryOfALostShardGoesAfterADayWhenTheStoreHasItsBlocks() {
    for (boolean isHeld : new boolean[] {true, false}) {
      var store = new FolderStore();
      var f = new StorageFixture(1, 2, StorageConfig.DEFAULT);
      f.source = store;
      store.threads = f.time.executor();
      f.events = isHeld ? store.follow(f.disk) : ShardEvents.NONE;
      store.target = f.disk;
      f.open();
      add(f, T0, 1000);
      f.await(f.storage.seal());
      f.await(f.storage.lose(1));
      f.time.advance(DAY - 60_000);
      assertFalse(f.disk.files(directory(1)).isEmpty());
      f.time.advance(120_000);
      assertEquals(isHeld, f.disk.files(directory(1)).isEmpty());
      assertFalse(f.disk.files(directory(0)).isEmpty());
      f.await(f.storage.gain(1));
      f.await(f.storage.caughtUp());
      assertEquals(20 * 1000, f.readAll().values().stream().mapToInt(TreeMap::size).sum());
    }
  }

  @Test
  void directoriesOfShardsThatNeverCameAreFoundAtTheStart() {
    var store = new FolderStore();
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    f.source = store;
    f.events = store.follow(f.disk);
    store.target = f.disk;
    f.open();
    add(f, T0, 100);
    f.await(f.storage.seal());
    f.kill();
    f.openEmpty();
    f.time.advance(DAY + 60_000);
    assertEquals(List.of(), f.disk.files(directory(0)));
    assertEquals(1, f.metric("tidemark_storage_forgotten_directories_total"));
  }

  @Test
  void aTierMovesBlocksToTheStoreUnderTheEyesOfQueries() {
    var store = new FolderStore();
    var f = new StorageFixture(1, 1, StorageConfig.DEFAULT);
    var handles = new ArrayList<ShardBlocks>();
    ShardEvents copies = store.follow(f.disk);
    f.events = new ShardEvents() {
      @Override
      public void gained(ShardBlocks shard) {
        handles.add(shard);
      }

      @Override
      public void sealed(ShardBlocks shard, Block block, List<BlockName> superseded) {
        copies.sealed(shard, block, superseded);
      }
    };
    f.open();
    add(f, T0, 3000);
    f.await(f.storage.seal());
    var before = f.readAll();
    ShardBlocks shard = handles.getFirst();
    int blocks = shard.local().size();
    f.await(shard.show(f.await(store.blocks(0))));
    assertEquals(List.of(), shard.cold(), "copies of local blocks are not shown twice");
    for (Block cold : f.await(store.blocks(0))) {
      f.await(shard.replaceLocal(cold.name(), cold));
      assertEquals(before, f.readAll());
    }
    assertEquals(blocks, shard.cold().size());
    assertEquals(List.of(), shard.local());
    assertEquals(List.of(), f.disk.files(directory(0)).stream().filter(path -> path.toString().endsWith(".tmb")).toList());
    f.await(f.storage.compact());
    assertEquals(blocks, shard.cold().size(), "merges leave cold blocks alone");
    f.await(shard.hide(shard.cold()));
    assertEquals(Map.of(), f.readAll());
  }
}
