package io.tidemark.storage;

import io.tidemark.codec.ByteReader;
import io.tidemark.log.Log;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.compact.CompactionPlan;
import io.tidemark.storage.compact.Retention;
import io.tidemark.storage.head.Head;
import io.tidemark.storage.head.HeadLimits;
import io.tidemark.storage.head.HeadLoader;
import io.tidemark.storage.head.HeadSnapshot;
import io.tidemark.storage.head.HeadView;
import io.tidemark.storage.head.Window;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One partition's storage: a head that follows the log, its checkpoints, its blocks.
///
/// The loop owns all state. Work on files runs on workers, one job at a time in the order asked for; a job that fails leaves
/// everything as it was and is tried again at a later tick, with a pause that doubles up to a bound.
final class Shard implements ShardBlocks {
  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
  private static final long TICK_MILLIS = 15_000;
  private static final long RETRY_MILLIS_MIN = 1_000;
  private static final long RETRY_MILLIS_MAX = 60_000;
  /// A checkpoint is due early after this many bytes of log, which bounds the replay.
  private static final long REPLAY_BYTES_MAX = 512L << 20;

  /// Out-of-order samples are waited for no longer than this before a window is sealed; later ones make a further block.
  private static final long ALLOWANCE_MILLIS_MAX = 3_600_000;
  private static final long FUTURE_MILLIS_MAX = 600_000;
  private static final long QUIET_NANOS = 60_000_000_000L;
  private static final long GROWING_NANOS_MAX = 600_000_000_000L;

  /// A log writer that began its epoch before this, and was silent for these ticks (two hours), is forgotten.
  private static final long WRITER_AGE_MILLIS_MAX = 25 * 3_600_000L;
  private static final long WRITER_SILENT_TICKS_MAX = 2 * 3_600_000L / TICK_MILLIS;
  private static final int REBUILD_SERIES_MIN = 1_000;

  /// Since when a window is over, when it last grew, and how large it was then.
  private record WindowAge(long firstNanos, long changedNanos, long samples) {}

  private final int partition;
  private final StorageConfig config;
  private final StorageParts parts;
  private final Log log;
  private final Loop loop;
  private final Clock clock;
  private final Offload offload;
  private final Checkpoints checkpoints;
  private final Blocks blocks;
  private final ShardMetrics metrics;
  /// Both are replaced by a rebuild, the head first: who sees the new tail's position sees the new head.
  private volatile Head head;
  private volatile LogTail tail;
  private Optional<LogTail> catchingUp = Optional.empty();
  private boolean sealedSinceRebuild;

  private Future<Void> jobs = Future.succeededFuture();
  private int jobsWaiting;
  private final Map<Window, WindowAge> ages = new HashMap<>();
  private final AtomicInteger compactionsRunning = new AtomicInteger();
  private Timers.Timer tick = () -> {};
  private boolean closed;
  private long checkpointPosition;
  private long checkpointBytes;
  private long checkpointNanos;
  private long retryMillis = RETRY_MILLIS_MIN;
  private long retryAtNanos = Long.MIN_VALUE;

  Shard(int partition, StorageConfig config, StorageParts parts, Offload offload, Checkpoints checkpoints, Blocks blocks,
      ShardMetrics metrics, Head head, long position) {
    this.partition = partition;
    this.config = config;
    this.parts = parts;
    this.offload = offload;
    this.checkpoints = checkpoints;
    this.blocks = blocks;
    this.metrics = metrics;
    this.head = head;
    log = parts.log();
    loop = offload.loop();
    clock = parts.clock();
    checkpointPosition = position;
    checkpointNanos = clock.nanos();
    tail = new LogTail(partition, position, log, loop, clock, head, metrics.registry());
    metrics.watch(this::head);
    metrics.watch(blocks);
  }

  static HeadLimits limits(StorageConfig config) {
    return new HeadLimits(config.windowMillis(), config.acceptedMillis(), config.headWindowsMax());
  }

  /// Begins to follow the log and to keep house. Any thread.
  void start() {
    loop.execute(() -> {
      tail.start();
      scheduleTick();
    });
  }

  /// Completes when everything before `position` of the log can be read. Any thread.
  Future<Void> reached(long position) {
    if (tail.applied() >= position) {
      return Future.succeededFuture();
    }
    Promise<Void> promise = Promise.promise();
    loop.execute(() -> tail.reached(position, promise));
    return promise.future();
  }

  /// The position after the last record that can be read. Any thread.
  long applied() {
    return tail.applied();
  }

  /// What there is to read, the older part first. Any thread.
  List<SeriesPart> parts() {
    // The head first: a window that it lets go of is in the list of blocks before.
    HeadView view = head.view();
    var parts = new ArrayList<SeriesPart>();
    blocks.list().forEach(block -> parts.add(new WatchedBlock(block, this)));
    parts.add(view);
    return parts;
  }

  Blocks blocks() {
    return blocks;
  }

  /// Compactions that run or wait. Any thread.
  int compactionsRunning() {
    return compactionsRunning.get();
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
    head.forgetWriters(clock.millis() - WRITER_AGE_MILLIS_MAX, WRITER_SILENT_TICKS_MAX);
    if (jobsWaiting == 0 && clock.nanos() >= retryAtNanos) {
      rotateDue();
      if (!head.sealingWindows().isEmpty()) {
        enqueue(this::sealAndCheckpoint);
      } else if (checkpointIsDue()) {
        enqueue(this::checkpoint);
      }
      enqueue(this::expire);
      if (nextCompaction(false).isPresent()) {
        enqueueCompactions(false);
      }
      if (sealedSinceRebuild && head.view().index().refsEnd() >= REBUILD_SERIES_MIN) {
        sealedSinceRebuild = false;
        enqueue(this::rebuild);
      }
    }
    scheduleTick();
  }

  // ---- seal

  /// Ends the windows that are over: the newest sample lies behind their end by more than what is still expected out of order, and
  /// nothing came for a while, or they have been growing for long.
  private void rotateDue() {
    long now = clock.nanos();
    long newest = newestMillis();
    long allowance = Math.min(config.acceptedMillis(), ALLOWANCE_MILLIS_MAX);
    var seen = new HashMap<Window, WindowAge>();
    for (Window window : head.openWindows()) {
      WindowAge before = ages.getOrDefault(window, new WindowAge(now, now, window.samples()));
      WindowAge age = before.samples == window.samples() ? before : new WindowAge(before.firstNanos, now, window.samples());
      boolean isOver = newest - allowance > window.endMillis;
      boolean isQuiet = now - age.changedNanos >= QUIET_NANOS || now - age.firstNanos >= GROWING_NANOS_MAX;
      boolean isCrowded = head.openWindows().size() > config.headWindowsMax() / 4;
      if (isOver && (isQuiet || isCrowded)) {
        head.rotate(window, tail.applied());
      } else {
        seen.put(window, isOver ? age : new WindowAge(now, now, window.samples()));
      }
    }
    ages.clear();
    ages.putAll(seen);
  }

  /// The newest sample's time, but not more than a little in the future, so that one bad clock does not end every window.
  private long newestMillis() {
    long newest = head.newestMillis();
    for (Block block : blocks.list()) {
      newest = Math.max(newest, block.maxMillis());
    }
    return Math.min(newest, clock.millis() + FUTURE_MILLIS_MAX);
  }

  /// Turns everything in memory into blocks. Any thread; completes when they are durable.
  Future<Void> seal() {
    // Within the job: a rebuild before it gives the shard another head.
    return job(() -> {
      head.openWindows().forEach(window -> head.rotate(window, tail.applied()));
      return sealAndCheckpoint();
    });
  }

  /// Makes a block of each sealing window, then a checkpoint without them, so that a restart does not find them again.
  private Future<Void> sealAndCheckpoint() {
    var byStart = new LinkedHashMap<Long, List<Window>>();
    head.sealingWindows().stream().sorted(Comparator.comparingLong(window -> window.startMillis))
        .forEach(window -> byStart.computeIfAbsent(window.startMillis, _ -> new ArrayList<>()).add(window));
    Future<Void> sealed = Future.succeededFuture();
    for (List<Window> windows : byStart.values()) {
      sealed = sealed.compose(_ -> seal(windows));
    }
    return byStart.isEmpty() ? sealed : sealed.compose(_ -> checkpoint());
  }

  private Future<Void> seal(List<Window> windows) {
    long start = clock.nanos();
    Window first = windows.getFirst();
    long position = windows.stream().mapToLong(Window::sealedAt).max().orElse(0);
    var name = new BlockName(first.startMillis, first.endMillis, position, 0);
    var content = new HeadView(head.view().index(), windows);
    return offload.run(() -> blocks.write(name, List.of(), SeriesMerge.all(List.of(content), TimeRange.ALL))).map(block -> {
      // Both hold the samples for a moment; readers take each timestamp once.
      blocks.replace(List.of(), block);
      windows.forEach(head::release);
      sealedSinceRebuild = true;
      parts.events().sealed(this, block, List.of());
      metrics.sealedBlocks.increment();
      metrics.sealSeconds.observeNanos(start, clock.nanos());
      return null;
    });
  }

  // ---- compact

  private Optional<CompactionPlan> nextCompaction(boolean eager) {
    if (!head.sealingWindows().isEmpty()) {
      return Optional.empty();
    }
    List<BlockName> names = blocks.list().stream().map(Block::name).toList();
    List<BlockName> cold = blocks.cold().stream().map(Block::name).toList();
    return CompactionPlan.next(names, cold, config.windowMillis(), config.blockMillisMax(), eager);
  }

  /// Merges all that may be merged now. Any thread; completes when there is nothing left to merge.
  Future<Void> compact() {
    Promise<Void> done = Promise.promise();
    compactionsRunning.incrementAndGet();
    loop.execute(() -> {
      compactionsRunning.decrementAndGet();
      enqueueCompactions(true).onComplete(done);
    });
    return done.future();
  }

  private Future<Void> enqueueCompactions(boolean eager) {
    compactionsRunning.incrementAndGet();
    // Windows that wait for their blocks go first: a merge over their time would look newer than they are.
    return enqueue(() -> sealAndCheckpoint().compose(_ -> compactAll(eager))).onComplete(_ -> compactionsRunning.decrementAndGet());
  }

  private Future<Void> compactAll(boolean eager) {
    return nextCompaction(eager).map(plan -> compact(plan).compose(_ -> compactAll(eager))).orElseGet(Future::succeededFuture);
  }

  private Future<Void> compact(CompactionPlan plan) {
    long start = clock.nanos();
    List<Block> inputs = plan.inputs().stream().map(name -> blocks.find(name).orElseThrow()).toList();
    return offload.run(() -> merge(plan, inputs)).compose(merged -> {
      blocks.remove(merged.damaged);
      if (merged.output.isEmpty()) {
        return Future.succeededFuture();
      }
      blocks.replace(inputs, merged.output.get());
      parts.events().sealed(this, merged.output.get(), plan.inputs());
      metrics.compactions.increment();
      metrics.compactionSeconds.observeNanos(start, clock.nanos());
      return offload.run(() -> {
        blocks.delete(inputs);
        return null;
      });
    });
  }

  /// @param damaged inputs that were put aside; then nothing was merged
  private record Merged(Optional<Block> output, List<Block> damaged) {}

  private Merged merge(CompactionPlan plan, List<Block> inputs) {
    var damaged = new ArrayList<Block>();
    for (Block input : inputs) {
      try {
        input.verify();
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.CORRUPT) {
          throw e;
        }
        blocks.quarantine(input.name(), e);
        damaged.add(input);
      }
    }
    if (!damaged.isEmpty()) {
      return new Merged(Optional.empty(), damaged);
    }
    return new Merged(Optional.of(blocks.write(plan.output(), plan.inputs(), SeriesMerge.all(inputs, TimeRange.ALL))), List.of());
  }

  // ---- forget series that stopped

  /// Makes a head without the series that have no samples in memory and no live writer, when they are the larger part. The new head
  /// is made elsewhere as if from a checkpoint, then replays what came since, then takes the old one's place.
  private Future<Void> rebuild() {
    HeadSnapshot snapshot = head.freeze(tail.applied());
    return offload.run(() -> rebuilt(snapshot))
        .compose(next -> next.map(made -> catchUp(made, snapshot.position())).orElseGet(Future::succeededFuture));
  }

  private Optional<Head> rebuilt(HeadSnapshot snapshot) {
    if (snapshot.liveCount() > snapshot.seriesCount() / 2) {
      return Optional.empty();
    }
    var next = new Head(loop, limits(config), new Metrics(), String.valueOf(partition));
    var loader = new HeadLoader("rebuilt head", next, config.windowMillis());
    snapshot.write(frame -> loader.load(new ByteReader("rebuilt head", frame.array(), 0, frame.count())));
    assert loader.position() == snapshot.position();
    return Optional.of(next);
  }

  private Future<Void> catchUp(Head next, long from) {
    LogTail old = tail;
    var nextTail = new LogTail(partition, from, log, loop, clock, next, metrics.registry());
    catchingUp = Optional.of(nextTail);
    nextTail.start();
    // Twice: first while the old tail goes on, then, with little left, while it pauses.
    return level(nextTail, old).compose(_ -> {
      old.pause();
      return level(nextTail, old);
    }).onSuccess(_ -> {
      checkpointBytes += nextTail.appliedBytes() - old.appliedBytes();
      next.countInto(metrics.registry(), String.valueOf(partition));
      ages.clear();
      head = next;
      tail = nextTail;
      old.handOver(nextTail);
      metrics.rebuilds.increment();
    }).onFailure(_ -> old.resume()).onComplete(_ -> catchingUp = Optional.empty());
  }

  private static Future<Void> level(LogTail tail, LogTail with) {
    Promise<Void> promise = Promise.promise();
    tail.reached(with.applied(), promise);
    return promise.future();
  }

  // ---- retention, checkpoint

  private Future<Void> expire() {
    var bytes = new HashMap<BlockName, Long>();
    blocks.local().forEach(block -> bytes.put(block.name(), block.bytes()));
    long bytesMax = config.sizeMaxBytes() == Long.MAX_VALUE ? Long.MAX_VALUE : config.sizeMaxBytes() / log.partitions();
    long newest = Math.min(newestMillis(), clock.millis());
    List<Block> expired = new Retention(config.retentionMillis(), bytesMax).expired(bytes, newest).stream()
        .map(name -> blocks.find(name).orElseThrow()).toList();
    if (expired.isEmpty()) {
      return Future.succeededFuture();
    }
    blocks.remove(expired);
    return offload.run(() -> {
      blocks.delete(expired);
      metrics.expiredBlocks.add(expired.size());
      return null;
    });
  }

  /// Puts a block aside in which a query found damage. Any thread.
  void quarantine(Block block, TidemarkException damage) {
    loop.execute(() -> {
      if (blocks.local().contains(block)) {
        blocks.remove(List.of(block));
        enqueue(() -> offload.run(() -> {
          blocks.quarantine(block.name(), damage);
          return null;
        }));
        parts.events().damaged(partition, block.name(), damage);
      } else if (blocks.cold().contains(block)) {
        blocks.remove(List.of(block));
        metrics.damagedBlocks.increment();
        LOG.atError().addKeyValue("shard", partition).addKeyValue("block", block.name().fileName())
            .addKeyValue("reason", damage.getMessage()).log("A cold block is damaged and out of service; the others stay readable");
        parts.events().damaged(partition, block.name(), damage);
      }
    });
  }

  // ---- what a tier does

  @Override
  public int shard() {
    return partition;
  }

  @Override
  public List<Block> local() {
    return blocks.local();
  }

  @Override
  public List<Block> cold() {
    return blocks.cold();
  }

  @Override
  public Future<Void> show(Collection<Block> cold) {
    return job(() -> {
      blocks.show(cold);
      return Future.succeededFuture();
    });
  }

  @Override
  public Future<Void> hide(Collection<Block> cold) {
    return job(() -> {
      blocks.remove(cold);
      return Future.succeededFuture();
    });
  }

  @Override
  public Future<Void> replaceLocal(BlockName local, Block cold) {
    return job(() -> blocks.find(local).map(block -> {
      blocks.replace(block, cold);
      return offload.<Void>run(() -> {
        blocks.delete(List.of(block));
        return null;
      });
    }).orElseGet(Future::succeededFuture));
  }

  /// {@link #enqueue} from any thread: no merge runs meanwhile.
  private Future<Void> job(Supplier<Future<Void>> job) {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> enqueue(job).onComplete(done));
    return done.future();
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
        tell(outcome.cause());
      } else {
        retryMillis = RETRY_MILLIS_MIN;
      }
      return Future.succeededFuture();
    });
    return result;
  }

  private void tell(Throwable cause) {
    var event = LOG.atWarn().addKeyValue("shard", partition).addKeyValue("reason", cause.getMessage());
    boolean isDefect = !(cause instanceof TidemarkException e) || e.code() == ErrorCode.INTERNAL;
    (isDefect ? event.setCause(cause) : event).log("Storage work failed; it is tried again");
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
      parts.events().checkpointed(partition, snapshot.position(), checkpoints.path(snapshot.position()));
      return null;
    });
  }

  /// Writes a last checkpoint and stops. Any thread.
  Future<Void> close() {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> {
      tick.cancel();
      tail.close();
      catchingUp.ifPresent(LogTail::close);
      Future<Void> written = tail.applied() > checkpointPosition ? enqueue(this::checkpoint) : Future.succeededFuture();
      written.transform(_ -> jobs).onComplete(_ -> {
        closed = true;
        done.complete();
      });
    });
    return done.future();
  }
}
