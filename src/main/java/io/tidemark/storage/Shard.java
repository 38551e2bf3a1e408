package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.log.Log;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.head.Head;
import io.tidemark.storage.head.HeadLimits;
import io.tidemark.storage.head.HeadLoader;
import io.tidemark.storage.head.HeadSnapshot;
import io.tidemark.storage.head.HeadView;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One partition's storage: a head that follows the log, and its checkpoints.
///
/// The loop owns all state. Work on files runs on workers, one job at a time in the order asked for; a job that fails leaves
/// everything as it was and is tried again at a later tick, with a pause that doubles up to a bound.
final class Shard {
  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
  private static final long TICK_MILLIS = 15_000;
  private static final long RETRY_MILLIS_MIN = 1_000;
  private static final long RETRY_MILLIS_MAX = 60_000;
  /// A checkpoint is due early after this many bytes of log, which bounds the replay.
  private static final long REPLAY_BYTES_MAX = 512L << 20;

  private final int partition;
  private final StorageConfig config;
  private final Log log;
  private final Loop loop;
  private final Clock clock;
  private final Offload offload;
  private final Checkpoints checkpoints;
  private final ShardMetrics metrics;
  private final Head head;
  private final LogTail tail;

  private Future<Void> jobs = Future.succeededFuture();
  private int jobsWaiting;
  private Timers.Timer tick = () -> {};
  private boolean closed;
  private long checkpointPosition;
  private long checkpointBytes;
  private long checkpointNanos;
  private long retryMillis = RETRY_MILLIS_MIN;
  private long retryAtNanos = Long.MIN_VALUE;

  /// What the constructor takes over from loading.
  private record Loaded(Head head, long position) {}

  private Shard(int partition, StorageConfig config, Log log, Loop loop, Clock clock, Offload offload, Checkpoints checkpoints,
      ShardMetrics metrics, Loaded loaded) {
    this.partition = partition;
    this.config = config;
    this.log = log;
    this.loop = loop;
    this.clock = clock;
    this.offload = offload;
    this.checkpoints = checkpoints;
    this.metrics = metrics;
    head = loaded.head;
    checkpointPosition = loaded.position;
    checkpointNanos = clock.nanos();
    tail = new LogTail(partition, loaded.position, log, loop, clock, head, metrics.registry());
    metrics.watch(head);
  }

  /// Loads what is on the disk; blocks. The shard begins to work at {@link #start}.
  static Shard load(int partition, StorageConfig config, Path directory, Disk disk, Log log, Offload offload, Clock clock,
      Metrics registry) {
    var metrics = new ShardMetrics(registry, partition);
    var checkpoints = new Checkpoints(disk, directory);
    Loaded loaded = loadHead(partition, config, log, offload.loop(), checkpoints, metrics);
    return new Shard(partition, config, log, offload.loop(), clock, offload, checkpoints, metrics, loaded);
  }

  /// From the newest checkpoint that is whole; damaged ones are put aside and the one before, and a longer replay, serve.
  private static Loaded loadHead(int partition, StorageConfig config, Log log, Loop loop, Checkpoints checkpoints, ShardMetrics metrics) {
    var limits = new HeadLimits(config.windowMillis(), config.acceptedMillis(), config.headWindowsMax());
    String shard = String.valueOf(partition);
    for (long position : checkpoints.open().reversed()) {
      var head = new Head(loop, limits, metrics.registry(), shard);
      var loader = new HeadLoader(checkpoints.path(position).toString(), head, config.windowMillis());
      try {
        checkpoints.read(position, loader);
        return new Loaded(head, loader.position());
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.CORRUPT) {
          throw e;
        }
        metrics.damagedCheckpoints.increment();
        LOG.atError().addKeyValue("shard", partition).addKeyValue("position", position).setCause(e)
            .log("A checkpoint is damaged and put aside; the one before it is used");
        checkpoints.quarantine(position);
      }
    }
    return new Loaded(new Head(loop, limits, metrics.registry(), shard), log.begin(partition));
  }

  /// Begins to follow the log and to keep house. Any thread.
  void start() {
    loop.execute(() -> {
      tail.start();
      scheduleTick();
    });
  }

  LogTail tail() {
    return tail;
  }

  /// What there is to read, the older part first. Any thread.
  List<SeriesPart> parts() {
    return List.of(head.view());
  }

  HeadView headView() {
    return head.view();
  }

  Head head() {
    return head;
  }

  private void scheduleTick() {
    if (!closed) {
      tick = loop.after(TICK_MILLIS, this::tick);
    }
  }

  private void tick() {
    if (jobsWaiting == 0 && clock.nanos() >= retryAtNanos && checkpointIsDue()) {
      enqueue(this::checkpoint);
    }
    scheduleTick();
  }

  private boolean checkpointIsDue() {
    return tail.applied() > checkpointPosition && (clock.nanos() - checkpointNanos >= config.checkpointMillis() * 1_000_000
        || tail.appliedBytes() - checkpointBytes >= REPLAY_BYTES_MAX);
  }

  /// Runs a job after those that wait already. On the loop; the future tells the job's end.
  private Future<Void> enqueue(Supplier<Future<Void>> job) {
    assert loop.isCurrent();
    jobsWaiting++;
    Future<Void> result = jobs.transform(_ -> closed ? Future.failedFuture(closing()) : job.get());
    jobs = result.transform(outcome -> {
      jobsWaiting--;
      if (outcome.failed() && !closed) {
        retryAtNanos = clock.nanos() + retryMillis * 1_000_000;
        retryMillis = Math.min(RETRY_MILLIS_MAX, retryMillis * 2);
        metrics.failedJobs.increment();
        LOG.atWarn().addKeyValue("shard", partition).setCause(outcome.cause()).log("Storage work failed; it is tried again");
      } else {
        retryMillis = RETRY_MILLIS_MIN;
      }
      return Future.succeededFuture();
    });
    return result;
  }

  private TidemarkException closing() {
    return new TidemarkException(ErrorCode.UNAVAILABLE, "storage closes; shard " + partition + " takes no more work");
  }

  private Future<Void> checkpoint() {
    long start = clock.nanos();
    HeadSnapshot snapshot = head.freeze(tail.applied());
    long bytes = tail.appliedBytes();
    return offload.run(() -> checkpoints.write(snapshot)).map(covered -> {
      checkpointPosition = snapshot.position();
      checkpointBytes = bytes;
      checkpointNanos = clock.nanos();
      metrics.checkpointSeconds.observeNanos(start, clock.nanos());
      log.trim(partition, covered);
      return null;
    });
  }

  /// Writes a last checkpoint and stops. Any thread.
  Future<Void> close() {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> {
      tick.cancel();
      tail.close();
      Future<Void> written = tail.applied() > checkpointPosition ? enqueue(this::checkpoint) : Future.succeededFuture();
      written.transform(_ -> jobs).onComplete(_ -> {
        closed = true;
        done.complete();
      });
    });
    return done.future();
  }
}
