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
import io.tidemark.storage.head.HeadFrames;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One partition's storage: a head that follows the log, its checkpoints, its blocks.
///
/// The loop owns all state. Work on files runs on workers, one job at a time in the order asked for; a job that fails leaves
/// everything as it was and is tried again at a later tick, with a pause that doubles up to a bound.
///
/// The blocks are a function of the log as the cuts are ({@link io.tidemark.storage.head.Head}): windows become blocks strictly in the
/// order of their cuts, and after those of one position everything is merged that may be, before the next. So a plan sees the same
/// blocks in every replica and in every life. A crash between a block and the next checkpoint has windows cut again that are blocks
/// already; they are recognised by their content, and no merge is planned before all of these have come by. What differs between
/// replicas is when old blocks go, what was flushed or compacted by hand, and merges with a block that was damaged or that the disk
/// refused: then names differ, answers do not.
final class Shard implements ShardBlocks {
  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
  private static final long TICK_MILLIS = 15_000;
  private static final long RETRY_MILLIS_MIN = 1_000;
  private static final long RETRY_MILLIS_MAX = 60_000;
  /// A checkpoint is due early after this many bytes of log, which bounds the replay.
  private static final long REPLAY_BYTES_MAX = 512L << 20;

  /// How far ahead of now the newest sample may be for retention, so that one bad clock does not delete everything.
  private static final long FUTURE_MILLIS_MAX = 600_000;
  /// Windows made into blocks before a checkpoint, however many wait: a crash makes no more than these again.
  private static final int SEALS_MAX = 32;
  private static final int REBUILD_SERIES_MIN = 1_000;

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
  private final Changes changes = new Changes();
  private final Erasures erasures = new Erasures();
  private final Sweep sweep;
  /// Both are replaced by a rebuild, the head first: who sees the new tail's position sees the new head.
  private volatile Head head;
  private volatile LogTail tail;
  private Optional<LogTail> catchingUp = Optional.empty();
  private boolean sealedSinceRebuild;

  private Future<Void> jobs = Future.succeededFuture();
  private int jobsWaiting;
  private final AtomicInteger compactionsRunning = new AtomicInteger();
  private Timers.Timer tick = () -> {};
  private boolean sealWaits;
  private boolean closing;
  private boolean closed;
  /// Blocks on the disk go up to this position, maybe not all: a crash came between them.
  private final long foundPosition;
  private long checkpointPosition;
  private long checkpointBytes;
  private long checkpointNanos;
  private long retryMillis = RETRY_MILLIS_MIN;
  private long retryAtNanos = Long.MIN_VALUE;

  Shard(int partition, StorageConfig config, StorageParts parts, Offload offload, Checkpoints checkpoints, Blocks blocks,
      ShardMetrics metrics, Head head, long position, long logEnd) {
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
    // A block beyond the log's end is from a log that was replaced; it waits for nothing.
    foundPosition = blocks.local().stream().mapToLong(block -> block.name().position()).filter(found -> found <= logEnd).max().orElse(0);
    checkpointPosition = position;
    checkpointNanos = clock.nanos();
    sweep = new Sweep(erasures, blocks, metrics, clock);
    tail = new LogTail(partition, position, log, loop, clock, head, changes, metrics.registry());
    metrics.watch(this::head);
    metrics.watch(blocks);
  }

  static HeadLimits limits(StorageConfig config, int partitions) {
    int exemplars = (config.exemplarsMax() + partitions - 1) / partitions;
    return new HeadLimits(config.windowMillis(), config.acceptedMillis(), config.headWindowsMax(), exemplars);
  }

  /// Begins to follow the log and to keep house. Any thread.
  void start() {
    loop.execute(() -> {
      tail.whenCut(this::sealSoon);
      tail.start();
      scheduleTick();
    });
  }

  /// The log position after the last record that reads see. Any thread.
  long applied() {
    return tail.applied();
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

  /// What there is to read, the older part first. Any thread.
  List<SeriesPart> parts() {
    Head now = head;
    // Tombstones first: one that goes was needed by no block any more. Then the head: a window that it lets go of is in the list of
    // blocks before.
    List<Tombstone> tombstones = now.tombstones();
    HeadView view = now.view();
    var parts = new ArrayList<SeriesPart>();
    for (Block block : blocks.list()) {
      var watched = new WatchedBlock(block, this);
      Erased erased = erasures.erased(block, tombstones);
      parts.add(erased.isEmpty() ? watched : new MaskedPart(watched, erased, block.isCold()));
    }
    parts.add(view);
    return parts;
  }

  /// From when on samples have changed. Any thread.
  Changes changes() {
    return changes;
  }

  /// Takes blocks out of reads whose samples are nowhere else.
  private void remove(Collection<Block> gone) {
    blocks.remove(gone);
    tellChanged(gone);
  }

  private void tellChanged(Collection<Block> touched) {
    touched.stream().mapToLong(block -> block.name().startMillis()).min().ifPresent(changes::add);
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
    tail.expireWaiters();
    if (jobsWaiting == 0 && clock.nanos() >= retryAtNanos) {
      if (!head.sealingWindows().isEmpty()) {
        sealSoon();
      } else if (checkpointIsDue()) {
        enqueue(this::checkpoint);
      }
      enqueue(this::expire);
      if (nextCompaction(false).isPresent()) {
        enqueue(() -> compactAll(false));
      }
      List<Tombstone> finished = sweep.finished(head.tombstones(), head.sealingCount() > 0);
      if (!finished.isEmpty()) {
        head.forget(finished);
      }
      if (nextSweep(false).isPresent()) {
        enqueue(() -> sweep(false));
      }
      if (sealedSinceRebuild && head.view().index().refsEnd() >= REBUILD_SERIES_MIN) {
        sealedSinceRebuild = false;
        enqueue(this::rebuild);
      }
    }
    scheduleTick();
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
      long position = tail.applied();
      head.openWindows().stream().filter(window -> !isMerged(window, position)).forEach(window -> head.cut(window, position));
      return sealAll();
    });
  }

  /// Whether a merge over the window's time bears this position already: a block of the window would be taken for an older one. It
  /// stays in memory then, until the next record.
  private boolean isMerged(Window window, long position) {
    return blocks.list().stream().map(Block::name).anyMatch(name -> name.position() == position && name.level() > 0
        && name.startMillis() <= window.startMillis && name.endMillis() >= window.endMillis);
  }

  /// Makes blocks of the windows that were cut, unless that waits already or failed a moment ago.
  private void sealSoon() {
    if (!sealWaits && clock.nanos() >= retryAtNanos) {
      sealWaits = true;
      enqueue(() -> {
        sealWaits = false;
        return sealSome();
      });
    }
  }

  private Future<Void> sealAll() {
    return sealSome().compose(_ -> head.sealingWindows().isEmpty() || closing ? Future.succeededFuture() : sealAll());
  }

  /// Makes blocks of windows, then a checkpoint without them, so that a restart does not find them again.
  private Future<Void> sealSome() {
    return head.sealingWindows().isEmpty() ? keepTombstones() : sealNext(SEALS_MAX).compose(_ -> checkpoint());
  }

  /// Makes a checkpoint when there are deletes that only the log has: a restart must know them before it shows a block.
  private Future<Void> keepTombstones() {
    List<Tombstone> tombstones = head.tombstones();
    return tombstones.isEmpty() || tombstones.getLast().position() < checkpointPosition ? Future.succeededFuture() : checkpoint();
  }

  /// Merges, makes blocks of the windows that were cut at the first position, and goes on while there are more, up to a number.
  private Future<Void> sealNext(int max) {
    List<Window> sealing = head.sealingWindows();
    return mergeBetween().compose(_ -> {
      if (sealing.isEmpty() || closing) {
        return Future.succeededFuture();
      }
      if (max <= 0) {
        loop.execute(this::sealSoon);
        return Future.succeededFuture();
      }
      long position = sealing.stream().mapToLong(Window::sealedAt).min().orElseThrow();
      List<Window> windows = sealing.stream().filter(window -> window.sealedAt() == position)
          .sorted(Comparator.comparingLong(window -> window.startMillis)).toList();
      Future<Void> sealed = Future.succeededFuture();
      for (Window window : windows) {
        sealed = sealed.compose(_ -> seal(window));
      }
      return sealed.compose(_ -> sealNext(max - windows.size()));
    });
  }

  /// A merge that fails must not keep windows in memory; it is tried again.
  private Future<Void> mergeBetween() {
    return compactAll(false).recover(e -> {
      metrics.failedJobs.increment();
      tell(e);
      return Future.succeededFuture();
    });
  }

  private Future<Void> seal(Window window) {
    long start = clock.nanos();
    var name = new BlockName(window.startMillis, window.endMillis, window.sealedAt(), 0);
    HeadView view = head.view();
    // With what deletes erase in it: whether those came before or after this moment is no function of the log.
    HeadView content = view.only(window, Erased.NONE);
    HeadView seen = view.only(window, view.erased(window));
    List<Tombstone> tombstones = head.tombstones();
    return offload.run(() -> isHeld(name, seen, tombstones) ? Optional.<Block>empty()
        : Optional.of(blocks.write(name, List.of(), SeriesMerge.all(List.of(content), TimeRange.ALL)))).map(made -> {
          // Both hold the samples for a moment; readers take each timestamp once.
          made.ifPresent(block -> blocks.replace(List.of(), block));
          head.release(window);
          sealedSinceRebuild = true;
          made.ifPresent(block -> {
            parts.events().sealed(this, block, List.of());
            metrics.sealedBlocks.increment();
            metrics.sealSeconds.observeNanos(start, clock.nanos());
          });
          tail.goOn();
          return null;
        });
  }

  /// Whether a block of an earlier life holds every sample of a window that was cut again: the window's own, or a merge with it. The
  /// samples decide, not the name: a window cut by hand in that life may have left the name to another content. What is erased does not
  /// count: the block may have been written without it.
  private boolean isHeld(BlockName name, HeadView content, List<Tombstone> tombstones) {
    for (Block block : blocks.local()) {
      BlockName other = block.name();
      if (other.position() >= name.position() && other.startMillis() <= name.startMillis() && other.endMillis() >= name.endMillis()) {
        try {
          Erased erased = erasures.erased(block, tombstones);
          SeriesPart held = erased.isEmpty() ? block : new MaskedPart(block, erased, false);
          if (SeriesMerge.contains(held, content, new TimeRange(name.startMillis(), name.endMillis()))) {
            return true;
          }
        } catch (TidemarkException e) {
          // A damaged block holds nothing: the window is written again. Whoever reads the block next puts it aside.
          if (e.code() != ErrorCode.CORRUPT) {
            throw e;
          }
        }
      }
    }
    return false;
  }

  // ---- compact

  private Optional<CompactionPlan> nextCompaction(boolean eager) {
    // Windows that wait for their blocks, or will be cut again after a crash, go first: a plan without them would be another one.
    long next = head.sealingWindows().stream().mapToLong(Window::sealedAt).min().orElse(Long.MAX_VALUE);
    long position = Math.min(next - 1, tail.applied());
    if (foundPosition > position) {
      return Optional.empty();
    }
    List<BlockName> local = blocks.local().stream().map(Block::name).toList();
    List<BlockName> cold = blocks.cold().stream().map(Block::name).toList();
    return CompactionPlan.next(local, cold, position, config.windowMillis(), config.blockMillisMax(), eager);
  }

  /// Merges all that may be merged now. Any thread; completes when there is nothing left to merge.
  Future<Void> compact() {
    compactionsRunning.incrementAndGet();
    return job(() -> sealAll().compose(_ -> compactAll(true))).onComplete(_ -> compactionsRunning.decrementAndGet());
  }

  private Future<Void> compactAll(boolean eager) {
    Optional<CompactionPlan> plan = closing ? Optional.empty() : nextCompaction(eager);
    if (plan.isEmpty()) {
      return Future.succeededFuture();
    }
    compactionsRunning.incrementAndGet();
    return compact(plan.get()).onComplete(_ -> compactionsRunning.decrementAndGet()).compose(_ -> compactAll(eager));
  }

  private Future<Void> compact(CompactionPlan plan) {
    long start = clock.nanos();
    List<Block> inputs = plan.inputs().stream().map(name -> blocks.find(name).orElseThrow()).toList();
    List<Tombstone> tombstones = head.tombstones();
    return offload.run(() -> merge(plan, inputs, tombstones)).compose(merged -> {
      remove(merged.damaged);
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

  /// Deletes that lie in the log between an input and the output are carried out: the output would look as if it came after them. It
  /// must be these alone, so that replicas make the same.
  private Merged merge(CompactionPlan plan, List<Block> inputs, List<Tombstone> tombstones) {
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
    List<Tombstone> before = tombstones.stream().filter(tombstone -> tombstone.position() < plan.output().position()).toList();
    List<SeriesPart> parts = inputs.stream().map(input -> without(input, before)).toList();
    return new Merged(Optional.of(blocks.write(plan.output(), allSources(inputs), SeriesMerge.all(parts, TimeRange.ALL))), List.of());
  }

  /// The block without what those of the tombstones that are over it erase.
  private SeriesPart without(Block block, List<Tombstone> tombstones) {
    Erased erased = Erased.of(block, erasures.over(block, tombstones));
    return erased.isEmpty() ? block : new MaskedPart(block, erased, false);
  }

  /// The inputs and what was merged into them: a merge that came and went quickly leaves its own inputs in the object store, and only
  /// the last block can tell that they are needed no more.
  private static List<BlockName> allSources(List<Block> inputs) {
    return inputs.stream().flatMap(input -> Stream.concat(Stream.of(input.name()), input.sources().stream())).distinct().sorted().toList();
  }

  // ---- deletes

  private Optional<Sweep.Task> nextSweep(boolean eager) {
    // Blocks of an earlier life that are further than this one belong to plans that are made again.
    return closing || foundPosition > tail.applied() ? Optional.empty() : sweep.next(head.tombstones(), checkpointPosition, eager);
  }

  /// Looks through blocks that deletes may be about: until one was written anew, or all if that is wished.
  private Future<Void> sweep(boolean eager) {
    Optional<Sweep.Task> next = nextSweep(eager);
    if (next.isEmpty()) {
      return Future.succeededFuture();
    }
    Sweep.Task task = next.get();
    Block block = task.block();
    return offload.run(() -> sweep.rewrite(task, new WatchedBlock(block, this))).compose(made -> {
      sweep.done(task, made);
      if (made.isEmpty()) {
        return sweep(eager);
      }
      List<Block> local = block.isCold() ? List.of() : List.of(block);
      blocks.replace(local, made.get());
      parts.events().sealed(this, made.get(), local.stream().map(Block::name).toList());
      return offload.<Void>run(() -> {
        blocks.delete(local);
        return null;
      }).compose(_ -> eager ? sweep(true) : Future.succeededFuture());
    });
  }

  /// Carries out all deletes on all blocks, but of cold ones only so many as there is room for. Any thread.
  Future<Void> clean() {
    return job(() -> sealAll().compose(_ -> sweep(true)));
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
    var next = new Head(loop, limits(config, log.partitions()), new Metrics(), String.valueOf(partition));
    var loader = new HeadLoader(HeadFrames.VERSION, "rebuilt head", next, config.windowMillis());
    snapshot.write(frame -> loader.load(new ByteReader("rebuilt head", frame.array(), 0, frame.count())));
    assert loader.position() == snapshot.position();
    return Optional.of(next);
  }

  private Future<Void> catchUp(Head next, long from) {
    LogTail old = tail;
    var nextTail = new LogTail(partition, from, log, loop, clock, next, changes, metrics.registry());
    catchingUp = Optional.of(nextTail);
    nextTail.start();
    // Twice: first while the old tail goes on, then, with little left, while it pauses.
    return level(nextTail, old).compose(_ -> {
      old.pause();
      return level(nextTail, old);
    }).onSuccess(_ -> {
      checkpointBytes += nextTail.appliedBytes() - old.appliedBytes();
      next.countInto(metrics.registry(), String.valueOf(partition));
      head = next;
      tail = nextTail;
      old.handOver(nextTail);
      nextTail.whenCut(this::sealSoon);
      sealSoon();
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
    remove(expired);
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
        remove(List.of(block));
        enqueue(() -> offload.run(() -> {
          blocks.quarantine(block.name(), damage);
          return null;
        }));
        parts.events().damaged(partition, block.name(), damage);
      } else if (blocks.cold().contains(block)) {
        remove(List.of(block));
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
      List<Block> come = cold.stream().filter(block -> !blocks.cold().contains(block)).toList();
      blocks.show(cold);
      tellChanged(come);
      return Future.succeededFuture();
    });
  }

  @Override
  public Future<Void> hide(Collection<Block> cold) {
    return job(() -> {
      remove(cold);
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
      closing = true;
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
