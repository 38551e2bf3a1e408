package io.tidemark.storage.tier;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectStore;
import io.tidemark.storage.ShardBlocks;
import io.tidemark.storage.Tier;
import io.tidemark.storage.TierConfig;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.time.Timers;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The tier of all shards of this process. Its state belongs to its loop; every event and answer is brought there first.
///
/// Each {@link ShardTier} does one piece of work at a time, and all together at most {@link #RUNNING_MAX}, so that uploads leave bandwidth
/// to reads. What waits is not a queue of blocks but the difference between what lies here and what lies in the store, looked at anew
/// before each piece: it is bounded by the shards, and survives a restart by itself.
public final class ColdTier implements Tier {
  private static final Logger LOG = LoggerFactory.getLogger(ColdTier.class);
  private static final int RUNNING_MAX = 2;
  private static final long TICK_MILLIS = 15_000;
  private static final long LOST_MILLIS_MAX = 24 * 3_600_000L;
  /// Of the index headers, in the storage's directory.
  private static final String FOLDER = "cold";
  private static final int COPY_BYTES = 1 << 20;

  private final Parts parts;
  private final ColdMetrics metrics;
  private final ShardTier.Context context;
  private final Map<Integer, ShardTier> shards = new HashMap<>();
  private final Map<Integer, Timers.Timer> forgetting = new HashMap<>();
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private int running;
  private Timers.Timer tick = () -> {};
  private Optional<Promise<Void>> closing = Optional.empty();
  private volatile Gauges gauges = new Gauges(0, 0, 0, 0, 0);

  /// Summed up at each tick, because the loop owns what they are made of.
  private record Gauges(int blocks, long bytes, int waiting, int companions, long companionBytes) {}

  public ColdTier(TierConfig config, Parts parts) {
    this.parts = parts;
    metrics = new ColdMetrics(parts.metrics());
    var cache = new PageCache(config.cacheBytes(), parts.metrics());
    var indexes = new Indexes(parts.store(), parts.directory().resolve(FOLDER), parts.disk(), this::work, cache, metrics, this::missing);
    context = new ShardTier.Context(config, parts, indexes, metrics, this);
    parts.metrics().gauge("tidemark_cold_blocks", "Blocks that are read from the object store.", () -> gauges.blocks);
    parts.metrics().gauge("tidemark_cold_block_bytes", "Bytes of the blocks that are read from the object store.", () -> gauges.bytes);
    parts.metrics().gauge("tidemark_cold_waiting_blocks", "Local blocks that are due in the object store and not read back yet.",
        () -> gauges.waiting);
    parts.metrics().gauge("tidemark_companions", "Companions of blocks that queries can use.", () -> gauges.companions);
    parts.metrics().gauge("tidemark_companion_bytes", "Bytes of these companions.", () -> gauges.companionBytes);
    parts.loop().execute(() -> {
      scheduleTick();
      forgetUnused();
    });
  }

  /// What the index headers tell of the object store, also of shards that are elsewhere now. Blocks.
  public static Uploaded uploaded(Disk disk, Path directory) {
    int blocks = 0;
    int alone = 0;
    for (Path folder : disk.list(directory.resolve(FOLDER))) {
      int shard = shard(folder);
      List<BlockName> local = shard < 0 ? List.of() : names(disk.list(directory.resolve(folder.getFileName())), BlockName::parse);
      for (BlockName name : shard < 0 ? List.<BlockName>of() : names(disk.list(folder), file -> block(shard, file))) {
        blocks++;
        if (local.stream().noneMatch(other -> holds(other, name))) {
          alone++;
        }
      }
    }
    return new Uploaded(blocks, alone);
  }

  private static List<BlockName> names(List<Path> files, Function<String, Optional<BlockName>> parser) {
    return files.stream().flatMap(file -> parser.apply(file.getFileName().toString()).stream()).toList();
  }

  private static Optional<BlockName> block(int shard, String indexFile) {
    return BlockObject.parseIndex(shard, indexFile).filter(object -> !object.isCompanion()).map(BlockObject::name);
  }

  /// Whether the local block is the uploaded one, or was merged from all of its time later: merges leave a range alone in which a block
  /// is cold.
  private static boolean holds(BlockName local, BlockName uploaded) {
    return local.equals(uploaded) || local.level() > uploaded.level() && local.position() >= uploaded.position()
        && local.startMillis() <= uploaded.startMillis() && local.endMillis() >= uploaded.endMillis();
  }

  /// The shard of a folder of index headers, or -1.
  private static int shard(Path folder) {
    String name = folder.getFileName().toString();
    return name.matches("shard-\\d{4,9}") ? Integer.parseInt(name.substring(6)) : -1;
  }

  // ---- threads

  /// Runs blocking work on a worker; the answer comes on the loop.
  <T> Future<T> work(Callable<T> work) {
    Promise<T> promise = Promise.promise();
    try {
      parts.workers().execute(() -> {
        try {
          T result = work.call();
          parts.loop().execute(() -> promise.complete(result));
        } catch (TidemarkException e) {
          parts.loop().execute(() -> promise.fail(e));
        } catch (Exception e) {
          parts.loop().execute(() -> promise.fail(new TidemarkException(ErrorCode.INTERNAL, "cold tier: " + e, e)));
        }
      });
    } catch (RuntimeException e) {
      promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "cold tier: no worker takes more work: " + e.getMessage(), e));
    }
    return promise.future();
  }

  /// The same outcome, on the loop.
  <T> Future<T> here(Future<T> elsewhere) {
    Promise<T> promise = Promise.promise();
    elsewhere.onComplete(result -> parts.loop().execute(() -> complete(promise, result)));
    return promise.future();
  }

  private static <T> void complete(Promise<T> promise, AsyncResult<T> result) {
    if (result.succeeded()) {
      promise.complete(result.result());
    } else {
      promise.fail(result.cause());
    }
  }

  /// Copies an object to a file that is whole, or not there; the answer comes on the loop.
  ///
  /// @param bytes    that the object has
  /// @param checksum its crc32c
  Future<Void> fetch(String key, long bytes, int checksum, Path file) {
    return here(new ObjectFetch(parts.store(), parts.disk(), this::work, key, bytes, checksum, file).run());
  }

  /// Asks a shard's tier from any thread.
  private <T> Future<T> ask(int shard, Function<ShardTier, Future<T>> question) {
    Promise<T> promise = Promise.promise();
    parts.loop().execute(() -> question.apply(tier(shard)).onComplete(result -> complete(promise, result)));
    return promise.future();
  }

  private ShardTier tier(int shard) {
    assert parts.loop().isCurrent();
    return shards.computeIfAbsent(shard, _ -> new ShardTier(shard, context));
  }

  /// Runs a piece of work when its turn comes. On the loop, where it also completes.
  Future<Void> inTurn(Supplier<Future<Void>> work) {
    Promise<Void> promise = Promise.promise();
    waiting.add(() -> {
      running++;
      work.get().onComplete(result -> {
        running--;
        complete(promise, result);
        runNext();
        if (running == 0) {
          closing.ifPresent(Promise::tryComplete);
        }
      });
    });
    runNext();
    return promise.future();
  }

  private void runNext() {
    while (running < RUNNING_MAX && !waiting.isEmpty() && closing.isEmpty()) {
      waiting.poll().run();
    }
  }

  boolean isClosing() {
    return closing.isPresent();
  }

  private void scheduleTick() {
    if (closing.isEmpty()) {
      tick = parts.loop().after(TICK_MILLIS, () -> {
        shards.values().forEach(ShardTier::step);
        measure();
        scheduleTick();
      });
    }
  }

  /// Sums up the gauges.
  void measure() {
    gauges = new Gauges(shards.values().stream().mapToInt(ShardTier::coldBlocks).sum(),
        shards.values().stream().mapToLong(ShardTier::coldBytes).sum(), shards.values().stream().mapToInt(ShardTier::waitingBlocks).sum(),
        shards.values().stream().mapToInt(ShardTier::companions).sum(),
        shards.values().stream().mapToLong(ShardTier::companionBytes).sum());
  }

  // ---- what shards tell

  @Override
  public void gained(ShardBlocks shard) {
    parts.loop().execute(() -> {
      Optional.ofNullable(forgetting.remove(shard.shard())).ifPresent(Timers.Timer::cancel);
      tier(shard.shard()).gained(shard);
      measure();
    });
  }

  @Override
  public void sealed(ShardBlocks shard, Block block, List<BlockName> superseded) {
    parts.loop().execute(() -> tier(shard.shard()).step());
  }

  @Override
  public void checkpointed(int shard, long position, Path file) {
    parts.loop().execute(() -> tier(shard).checkpointed(position, file));
  }

  @Override
  public void damaged(int shard, BlockName block, TidemarkException damage) {
    parts.loop().execute(() -> tier(shard).damaged(damage));
  }

  private void missing(BlockObject object) {
    parts.loop().execute(() -> tier(object.shard()).missing(object));
  }

  @Override
  public void lost(int shard) {
    parts.loop().execute(() -> {
      Optional.ofNullable(shards.remove(shard)).ifPresent(ShardTier::lost);
      forgetLater(shard);
      measure();
    });
  }

  /// Index headers of shards that went elsewhere before this process began go as those of shards that it loses.
  private void forgetUnused() {
    work(() -> parts.disk().list(parts.directory().resolve(FOLDER))).onSuccess(folders -> {
      for (Path folder : folders) {
        int shard = shard(folder);
        if (shard >= 0 && !isHere(shard)) {
          forgetLater(shard);
        }
      }
    }).onFailure(e -> LOG.atWarn().addKeyValue("reason", e.getMessage())
        .log("Cannot list index headers; those of shards that are elsewhere stay until the next start"));
  }

  private boolean isHere(int shard) {
    return shards.containsKey(shard) && shards.get(shard).isGained();
  }

  /// The index headers of a shard that is elsewhere make its way back quicker, for a while.
  private void forgetLater(int shard) {
    Optional.ofNullable(forgetting.remove(shard)).ifPresent(Timers.Timer::cancel);
    forgetting.put(shard, parts.loop().after(LOST_MILLIS_MAX, () -> {
      forgetting.remove(shard);
      if (!isHere(shard)) {
        shards.remove(shard);
        work(() -> {
          context.indexes().deleteAll(shard);
          return true;
        }).onFailure(e -> LOG.atWarn().addKeyValue("shard", shard).addKeyValue("reason", e.getMessage())
            .log("Cannot delete the index headers of a shard that is elsewhere; they stay until the next start"));
      }
    }));
  }

  // ---- what shards ask

  @Override
  public Future<OptionalLong> newestCheckpoint(int shard) {
    return ask(shard, ShardTier::newestCheckpoint);
  }

  @Override
  public Future<Void> fetchCheckpoint(int shard, long position, Path file) {
    return ask(shard, tier -> tier.fetchCheckpoint(position, file));
  }

  @Override
  public Future<Boolean> fetchBlock(int shard, BlockName name, Path file) {
    return ask(shard, tier -> tier.fetchBlock(name, file));
  }

  @Override
  public Future<List<Block>> blocks(int shard) {
    return ask(shard, ShardTier::blocks);
  }

  @Override
  public Future<Boolean> holds(int shard, Collection<BlockName> blocks) {
    return ask(shard, tier -> tier.holds(List.copyOf(blocks)).onComplete(_ -> {
      // Asked of a shard that is elsewhere: nothing of it is kept in memory.
      if (!tier.isGained()) {
        shards.remove(shard, tier);
        if (!forgetting.containsKey(shard)) {
          forgetLater(shard);
        }
      }
    }));
  }

  @Override
  public Future<Void> close() {
    Promise<Void> done = Promise.promise();
    parts.loop().execute(() -> {
      tick.cancel();
      new ArrayList<>(forgetting.values()).forEach(Timers.Timer::cancel);
      closing = Optional.of(done);
      waiting.clear();
      if (running == 0) {
        done.tryComplete();
      }
    });
    return done.future();
  }

  // ---- what objects need

  /// Checksum of a whole local file. Blocks.
  int checksum(Path path) {
    var crc = new CRC32C();
    try (DiskFile file = parts.disk().openForRead(path)) {
      var buffer = ByteBuffer.allocate(COPY_BYTES);
      long at = 0;
      while (true) {
        buffer.clear();
        int n = file.read(buffer, at);
        if (n == 0) {
          return (int) crc.getValue();
        }
        crc.update(buffer.flip());
        at += n;
      }
    }
  }

  /// Puts a local file and reads it back. An object that is not what was put is deleted, so that the next try puts it again; then this
  /// fails with `CORRUPT`.
  Future<Void> putReadBack(String key, Path file, long bytes, int checksum) {
    return here(parts.store().putIfAbsent(key, parts.disk(), file).compose(_ -> readBack(key, bytes, checksum)));
  }

  /// Whether the object is what it should be; `CORRUPT` and deleted if not.
  Future<Void> readBack(String key, long bytes, int checksum) {
    ObjectStore store = parts.store();
    return store.head(key).compose(found -> found.bytes() == bytes
        ? store.checksum(key, bytes).map(sum -> sum == checksum ? "" : "checksum " + Integer.toHexString(sum))
        : Future.succeededFuture(found.bytes() + " bytes")).compose(wrong -> {
          if (wrong.isEmpty()) {
            return Future.succeededFuture();
          }
          metrics.verifyFailures.increment();
          var damage = new TidemarkException(ErrorCode.CORRUPT, store.name() + ", object " + key + ": read back as " + wrong + ", expected "
              + bytes + " bytes with checksum " + Integer.toHexString(checksum) + "; it is deleted and put again");
          LOG.atError().addKeyValue("object", key).addKeyValue("reason", damage.getMessage())
              .log("An object is not what was put; the local file stays");
          return store.delete(key).transform(_ -> Future.failedFuture(damage));
        });
  }
}
