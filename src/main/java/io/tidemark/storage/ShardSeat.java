package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where one shard comes and goes: one change at a time, in the order asked for, the last wish counts. All state belongs to the
/// shard's loop.
///
/// A gain that fails is tried again, with a pause that doubles up to a bound, until it succeeds or the shard is wished away. The
/// directory of a lost shard stays for {@link #LOST_MILLIS_MAX}, so that one that comes back is quick; then it goes, if the shard's
/// source holds all of its blocks. The time is counted anew in each process.
final class ShardSeat {
  private static final Logger LOG = LoggerFactory.getLogger(ShardSeat.class);
  static final long LOST_MILLIS_MAX = 24 * 3_600_000L;
  private static final long RETRY_MILLIS_MIN = 1_000;
  private static final long RETRY_MILLIS_MAX = 60_000;

  private final int partition;
  private final StorageConfig config;
  private final StorageParts parts;
  private final StorageMetrics metrics;
  private final Offload offload;
  private final Loop loop;
  private final Path directory;
  /// The shards that answer; this seat puts its own there and takes it away.
  private final Map<Integer, Shard> shards;

  private Future<Void> changes = Future.succeededFuture();
  private boolean wanted;
  /// Where the log ended when it was opened, if that is to count and not where it ends now.
  private OptionalLong logEnd = OptionalLong.empty();
  private Optional<Shard> shard = Optional.empty();
  private long retryMillis = RETRY_MILLIS_MIN;
  private Timers.Timer timer = () -> {};

  ShardSeat(int partition, StorageConfig config, StorageParts parts, StorageMetrics metrics, Map<Integer, Shard> shards) {
    this.partition = partition;
    this.config = config;
    this.parts = parts;
    this.metrics = metrics;
    this.shards = shards;
    loop = parts.loops().apply(partition);
    offload = new Offload(loop, parts.workers());
    directory = parts.directory().resolve(directoryName(partition));
  }

  static String directoryName(int partition) {
    return String.format("shard-%04d", partition);
  }

  /// The shard in a directory's name, or -1.
  static int partition(String directoryName) {
    return directoryName.matches("shard-\\d{4,9}") ? Integer.parseInt(directoryName.substring(6)) : -1;
  }

  /// Any thread. Completes when the shard answers; fails at the first failure, while further tries go on.
  Future<Void> gain() {
    return gain(OptionalLong.empty());
  }

  /// {@link #gain()} when only the log before `logEnd` is what an earlier life knew.
  Future<Void> gain(long logEnd) {
    return gain(OptionalLong.of(logEnd));
  }

  private Future<Void> gain(OptionalLong end) {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> {
      logEnd = end;
      wanted = true;
      timer.cancel();
      retryMillis = RETRY_MILLIS_MIN;
      change(this::gainNow).onComplete(done);
    });
    return done.future();
  }

  /// Any thread. Completes when the shard has written its last checkpoint and is gone.
  Future<Void> lose() {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> {
      wanted = false;
      timer.cancel();
      change(this::loseNow).onComplete(done);
    });
    return done.future();
  }

  /// Ends work; the shard goes on answering reads. Any thread.
  Future<Void> close() {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> {
      wanted = false;
      timer.cancel();
      change(() -> shard.map(Shard::close).orElseGet(Future::succeededFuture)).onComplete(done);
    });
    return done.future();
  }

  /// Begins to count the time of a directory whose shard is not here. Any thread.
  void watchDirectory() {
    loop.execute(() -> {
      if (!wanted && shard.isEmpty()) {
        forgetLater();
      }
    });
  }

  private Future<Void> change(Supplier<Future<Void>> change) {
    Future<Void> result = changes.transform(_ -> change.get());
    changes = result.transform(_ -> Future.succeededFuture());
    return result;
  }

  // ---- gain

  private Future<Void> gainNow() {
    if (shard.isPresent()) {
      return Future.succeededFuture();
    }
    if (!wanted) {
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "shard " + partition + " was given up before it was loaded"));
    }
    return offload.here(Future.succeededFuture().compose(_ -> load())).transform(loaded -> {
      assert loop.isCurrent();
      if (loaded.succeeded()) {
        begin(loaded.result());
        return Future.succeededFuture();
      }
      parts.metrics().forget("shard", String.valueOf(partition));
      tryLater(loaded.cause());
      return Future.failedFuture(loaded.cause());
    });
  }

  /// Asks for the log's end after what it is compared with: other nodes go on meanwhile.
  private Future<Shard> load() {
    return parts.source().newestCheckpoint(partition).compose(remote -> end().compose(end -> {
      Future<ShardLoader> prepared = offload.run(() -> new ShardLoader(partition, config, parts, offload, directory, end));
      return prepared.compose(loader -> {
        if (remote.isEmpty() || !loader.isBehind(remote.getAsLong())) {
          return Future.succeededFuture(loader);
        }
        LOG.atInfo().addKeyValue("shard", partition).addKeyValue("position", remote.getAsLong())
            .log("A shard begins from a checkpoint of its source");
        metrics.remoteCheckpoints.increment();
        return parts.source().fetchCheckpoint(partition, remote.getAsLong(), loader.checkpointFile(remote.getAsLong())).map(loader);
      }).compose(loader -> parts.source().blocks(partition)
          .compose(cold -> end().compose(known -> offload.run(() -> loader.load(remote, cold, known)))));
    }));
  }

  private Future<Long> end() {
    return logEnd.isPresent() ? Future.succeededFuture(logEnd.getAsLong()) : parts.log().ends().map(ends -> ends[partition]);
  }

  private void begin(Shard loaded) {
    retryMillis = RETRY_MILLIS_MIN;
    shard = Optional.of(loaded);
    shards.put(partition, loaded);
    parts.events().gained(loaded);
    loaded.start(shards.values());
  }

  private void tryLater(Throwable cause) {
    metrics.gainFailures.increment();
    LOG.atWarn().addKeyValue("shard", partition).addKeyValue("reason", cause.getMessage()).addKeyValue("again_in_ms", retryMillis)
        .log("A shard cannot be loaded; it is tried again");
    if (wanted) {
      timer.cancel();
      timer = loop.after(retryMillis, () -> change(this::gainNow));
      retryMillis = Math.min(RETRY_MILLIS_MAX, retryMillis * 2);
    }
  }

  // ---- lose

  private Future<Void> loseNow() {
    if (shard.isEmpty() || wanted) {
      return Future.succeededFuture();
    }
    Shard gone = shard.get();
    shards.remove(partition);
    return gone.close().map(_ -> {
      shard = Optional.empty();
      parts.metrics().forget("shard", String.valueOf(partition));
      parts.events().lost(partition);
      forgetLater();
      return null;
    });
  }

  private void forgetLater() {
    timer.cancel();
    timer = loop.after(LOST_MILLIS_MAX, () -> change(this::forgetNow));
  }

  private Future<Void> forgetNow() {
    if (wanted || shard.isPresent()) {
      return Future.succeededFuture();
    }
    return offload.here(offload.run(() -> Blocks.namesWithDamaged(parts.disk(), directory))
        .compose(blocks -> parts.source().holds(partition, blocks)))
        .compose(isHeld -> isHeld ? offload.run(this::deleteDirectory) : Future.succeededFuture())
        .transform(outcome -> {
          assert loop.isCurrent();
          if (outcome.failed()) {
            LOG.atWarn().addKeyValue("shard", partition).addKeyValue("reason", outcome.cause().getMessage())
                .log("Cannot tell whether a lost shard's directory may go, or delete it; it is tried again in a day");
          }
          if (!wanted) {
            forgetLater();
          }
          return Future.succeededFuture();
        });
  }

  private Void deleteDirectory() {
    List<Path> files = parts.disk().list(directory);
    // Checkpoints first: blocks without one are an old shard, a checkpoint without its blocks is a damaged one.
    files.stream().sorted((a, b) -> Boolean.compare(isBlock(a), isBlock(b))).forEach(parts.disk()::delete);
    parts.disk().delete(directory);
    if (!files.isEmpty()) {
      metrics.forgottenDirectories.increment();
    }
    return null;
  }

  private static boolean isBlock(Path path) {
    return path.getFileName().toString().startsWith("block_");
  }
}
