package io.tidemark.storage;

import io.tidemark.log.Log;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.compact.Retention;
import io.tidemark.storage.head.Head;
import io.tidemark.storage.head.HeadSnapshot;
import io.tidemark.storage.head.HeadView;
import io.tidemark.storage.head.Window;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One partition's storage: a head that follows the log, its checkpoints, its blocks.
///
/// The loop owns all state. Work on files runs on workers, one job at a time ({@link ShardJobs}); a job that fails leaves everything as it
/// was and is tried again at a later tick. The shard says when work is due and shows readers what came of it; what is merged, written
/// anew and forgotten {@link Compactor}, {@link Sweep} and {@link HeadRebuild} know, which see of it only its blocks or its head.
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
  /// A checkpoint is due early after as many bytes of log as it takes itself, within these bounds: so a replay takes some seconds at most,
  /// whatever comes in, and no more is written for it than the log writes, unless the head is so large that a checkpoint exceeds the upper
  /// bound. A replay takes some ten nanoseconds a byte.
  private static final long REPLAY_BYTES_MIN = 64L << 20;
  private static final long REPLAY_BYTES_MAX = 256L << 20;

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
  private final ShardJobs jobs;
  private final Compactor compactor;
  private final Sweep sweep;
  private final HeadRebuild rebuild;
  private final Scrub scrub;
  private final Repair repair;
  /// Both are replaced by a rebuild, the head first: who sees the new tail's position sees the new head.
  private volatile Head head;
  private volatile LogTail tail;
  private boolean sealedSinceRebuild;
  private volatile Map<Block, Companion> companions = Map.of();
  /// The log position of the last tombstone that was let go of.
  private volatile long forgottenTo;

  private Collection<Shard> shards = List.of();
  private final AtomicInteger compactionsRunning = new AtomicInteger();
  private Timers.Timer tick = () -> {};
  private boolean sealWaits;
  private boolean closing;
  /// The log's end when the shard was opened.
  private final long logEnd;
  /// Local blocks go up to this position, maybe not all: a crash or a disk that refused one came between them.
  private long blocksPosition;
  private long checkpointPosition;
  private long checkpointBytes;
  private long checkpointNanos;
  /// Log bytes that the start replayed, which make no checkpoint due before the next tick: it would take the processors from the first
  /// answers.
  private long sparedBytes;

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
    this.logEnd = logEnd;
    log = parts.log();
    loop = offload.loop();
    clock = parts.clock();
    // A block beyond the log's end is from a log that was replaced; it waits for nothing.
    blocksPosition = blocks.local().stream().mapToLong(block -> block.name().position()).filter(found -> found <= logEnd).max().orElse(0);
    checkpointPosition = position;
    checkpointNanos = clock.nanos();
    jobs = new ShardJobs(partition, loop, clock, metrics.failedJobs);
    compactor = new Compactor(erasures, blocks, config);
    sweep = new Sweep(erasures, blocks, metrics, clock);
    rebuild = new HeadRebuild(partition, config, parts, offload, changes);
    scrub = new Scrub(partition, config.scrub(), log.partitions(), parts.disk(), blocks, offload, clock, metrics, this::quarantine);
    repair = new Repair(partition, config.retentionMillis(), parts.source(), blocks, offload, jobs, clock, metrics, this::takeBack);
    tail = new LogTail(partition, position, log, loop, clock, head, changes, metrics.registry());
    metrics.watch(this::head);
    metrics.watch(blocks);
  }

  /// Begins to follow the log and to keep house. Any thread.
  ///
  /// @param all the shards that answer here, live: their blocks share `storage.size_max`
  void start(Collection<Shard> all) {
    loop.execute(() -> {
      shards = all;
      tail.whenCut(this::sealSoon);
      tail.start();
      reached(logEnd).onSuccess(_ -> replayed());
      scrub.start();
      scheduleTick();
    });
  }

  private void replayed() {
    sparedBytes = tail.appliedBytes();
    tail.whenGrown(this::checkpointSoon);
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
      if (!blocks.quarantine().has(block)) {
        var watched = new WatchedBlock(block, companions.get(block), this, WatchedBlock.OnDamage.LEAVE_OUT);
        Erased erased = erasures.erased(block, tombstones);
        parts.add(erased.isEmpty() ? watched : new MaskedPart(watched, erased, block.isCold()));
      }
    }
    parts.add(view);
    return parts;
  }

  /// What a read within the range that began at `nanos` lacks because blocks are damaged, a sentence each. Any thread.
  List<String> missing(long fromMillis, long toMillis, long nanos) {
    if (!blocks.quarantine().isUsed()) {
      return List.of();
    }
    var lacks = new ArrayList<>(blocks.quarantine().since(nanos));
    // One that was found during the read may be read from elsewhere since, but was not before.
    blocks.quarantine().entries().stream().filter(entry -> entry.sinceNanos() >= nanos || !blocks.isCovered(entry)).forEach(lacks::add);
    return lacks.stream().filter(entry -> entry.overlaps(fromMillis, toMillis)).map(entry -> entry.missing(partition)).toList();
  }

  /// Damaged blocks that are out of service. Any thread.
  List<Integrity.Quarantined> quarantined() {
    return blocks.quarantine().entries().stream().map(entry -> new Integrity.Quarantined(partition,
        entry.file().filter(_ -> entry.isMoved()).map(Object::toString).orElse(entry.place()), entry.isCold(), entry.name().startMillis(),
        entry.name().endMillis(), entry.samples(), entry.sinceMillis(), blocks.isCovered(entry), entry.reason(), entry.damages())).toList();
  }

  /// Reads all blocks to find damage.
  Scrub scrub() {
    return scrub;
  }

  /// From when on samples have changed. Any thread.
  Changes changes() {
    return changes;
  }

  /// The lowest time that deletes behind `position` of the log erase; `Long.MAX_VALUE` for none, `Long.MIN_VALUE` when one of them may
  /// be forgotten. Any thread.
  long erasedFromMillis(long position) {
    // Tombstones first: one that goes from the list is told of before.
    List<Tombstone> tombstones = head.tombstones();
    return forgottenTo > position ? Long.MIN_VALUE : tombstones.stream().filter(tombstone -> tombstone.position() > position)
        .mapToLong(tombstone -> tombstone.range().startMillis()).min().orElse(Long.MAX_VALUE);
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
    if (!closing) {
      tick = loop.after(TICK_MILLIS, this::tick);
    }
  }

  private void tick() {
    tail.expireWaiters();
    tail.tellUnknownSeries();
    sparedBytes = 0;
    tail.whenGrown(this::checkpointSoon);
    if (jobs.isIdle() && !jobs.isPausing()) {
      if (!head.sealingWindows().isEmpty()) {
        sealSoon();
      } else if (checkpointIsDue()) {
        jobs.enqueue(this::checkpoint);
      }
      jobs.enqueue(this::expire);
      repair.whenDue();
      if (nextMerge(false).isPresent()) {
        jobs.enqueue(() -> compactAll(false));
      }
      List<Tombstone> finished = sweep.finished(head.tombstones(), head.sealingCount() > 0);
      if (!finished.isEmpty()) {
        forgottenTo = Math.max(forgottenTo, finished.getLast().position());
        head.forget(finished);
      }
      if (nextSweep(false).isPresent()) {
        jobs.enqueue(() -> sweep(false));
      }
      if (sealedSinceRebuild && head.view().index().refsEnd() >= REBUILD_SERIES_MIN) {
        sealedSinceRebuild = false;
        jobs.enqueue(this::rebuild);
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
    return jobs.request(() -> {
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
    if (!sealWaits && !jobs.isPausing()) {
      sealWaits = true;
      jobs.enqueue(() -> {
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
    return tombstones.isEmpty() || tombstones.getLast().position() <= checkpointPosition ? Future.succeededFuture() : checkpoint();
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
      jobs.failed(e);
      return Future.succeededFuture();
    });
  }

  private Future<Void> seal(Window window) {
    long start = clock.nanos();
    var name = new BlockName(window.startMillis, window.endMillis, window.sealedAt(), 0);
    HeadView view = head.view();
    // With what deletes erase in it: whether those came before or after this moment is no function of the log.
    HeadView content = view.only(window, Erased.NONE);
    HeadView left = view.only(window, view.erased(window));
    return offload.run(() -> isHeld(name, left) ? Optional.<Block>empty()
        : Optional.of(blocks.write(name, List.of(), SeriesMerge.all(List.of(content), TimeRange.ALL)))).map(made -> {
          // Both hold the samples for a moment; readers take each timestamp once.
          made.ifPresent(block -> blocks.replace(List.of(), block));
          // A window of a log that was replaced lies beyond the log's end, and is waited for by nothing.
          blocksPosition = Math.max(blocksPosition, Math.min(name.position(), tail.applied()));
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
  /// samples decide, not the name: a window cut by hand in that life may have left the name to another content. A later block, such as a
  /// merge, may have another sample in the place of one that was overwritten: what it has is what readers would see beside the window's
  /// block. What is erased does not count: the block may have been written without it. It may hold it as well: whatever is erased in the
  /// block is erased in the window, which lies no further in the log.
  ///
  /// @param left the window without what is erased
  private boolean isHeld(BlockName name, HeadView left) {
    for (Block block : blocks.local()) {
      BlockName other = block.name();
      if (other.position() >= name.position() && other.startMillis() <= name.startMillis() && other.endMillis() >= name.endMillis()) {
        try {
          if (SeriesMerge.covers(block, other.compareTo(name) > 0, left, new TimeRange(name.startMillis(), name.endMillis()))) {
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

  private Optional<Compactor.Task> nextMerge(boolean eager) {
    // Windows that wait for their blocks, or will be cut again after a crash, go first: a plan without them would be another one.
    long next = head.sealingWindows().stream().mapToLong(Window::sealedAt).min().orElse(Long.MAX_VALUE);
    long position = Math.min(next - 1, tail.applied());
    return closing || blocksPosition > position ? Optional.empty() : compactor.next(position, eager);
  }

  /// Merges all that may be merged now. Any thread; completes when there is nothing left to merge.
  Future<Void> compact() {
    compactionsRunning.incrementAndGet();
    return jobs.request(() -> sealAll().compose(_ -> compactAll(true))).onComplete(_ -> compactionsRunning.decrementAndGet());
  }

  private Future<Void> compactAll(boolean eager) {
    Optional<Compactor.Task> next = nextMerge(eager);
    if (next.isEmpty()) {
      return Future.succeededFuture();
    }
    compactionsRunning.incrementAndGet();
    return compact(next.get()).onComplete(_ -> compactionsRunning.decrementAndGet()).compose(_ -> compactAll(eager));
  }

  private Future<Void> compact(Compactor.Task task) {
    long start = clock.nanos();
    List<Tombstone> tombstones = head.tombstones();
    return offload.run(() -> compactor.merge(task, tombstones)).compose(merged -> {
      merged.damaged().forEach(this::quarantine);
      if (merged.output().isEmpty()) {
        return Future.succeededFuture();
      }
      metrics.compactions.increment();
      metrics.compactionSeconds.observeNanos(start, clock.nanos());
      return replace(task.inputs(), merged.output().get());
    });
  }

  /// Shows a block in place of local ones, then deletes those.
  private Future<Void> replace(List<Block> gone, Block made) {
    blocks.replace(gone, made);
    parts.events().sealed(this, made, gone.stream().map(Block::name).toList());
    return delete(gone);
  }

  /// Deletes files of blocks that no list shows any more.
  private Future<Void> delete(List<Block> gone) {
    return offload.run(() -> {
      blocks.delete(gone);
      return null;
    });
  }

  // ---- deletes

  private Optional<Sweep.Task> nextSweep(boolean eager) {
    // Blocks of an earlier life that are further than this one belong to plans that are made again.
    return closing || blocksPosition > tail.applied() ? Optional.empty() : sweep.next(head.tombstones(), checkpointPosition, eager);
  }

  /// Looks through blocks that deletes may be about: until one was written anew, or all if that is wished.
  private Future<Void> sweep(boolean eager) {
    Optional<Sweep.Task> next = nextSweep(eager);
    if (next.isEmpty()) {
      return Future.succeededFuture();
    }
    Sweep.Task task = next.get();
    Block block = task.block();
    return offload.run(() -> sweep.rewrite(task, new WatchedBlock(block, null, this, WatchedBlock.OnDamage.FAIL))).compose(made -> {
      sweep.done(task, made);
      if (made.isEmpty()) {
        return sweep(eager);
      }
      return replace(block.isCold() ? List.of() : List.of(block), made.get())
          .compose(_ -> eager ? sweep(true) : Future.succeededFuture());
    });
  }

  /// Carries out all deletes on all blocks, but of cold ones only so many as there is room for. Any thread.
  Future<Void> clean() {
    return jobs.request(() -> sealAll().compose(_ -> sweep(true)));
  }

  // ---- forget series that stopped

  private Future<Void> rebuild() {
    return rebuild.run(head, tail).map(made -> {
      made.ifPresent(this::takeOver);
      return null;
    });
  }

  /// Puts a head that is level with the present one in its place.
  private void takeOver(HeadRebuild.Rebuilt made) {
    LogTail old = tail;
    checkpointBytes += made.tail().appliedBytes() - old.appliedBytes();
    made.head().countInto(metrics.registry(), String.valueOf(partition));
    head = made.head();
    tail = made.tail();
    old.handOver(tail);
    tail.whenCut(this::sealSoon);
    tail.whenGrown(this::checkpointSoon);
    sealSoon();
    metrics.rebuilds.increment();
  }

  // ---- retention, checkpoint

  private Future<Void> expire() {
    var all = new ArrayList<Retention.Sized>();
    for (Shard shard : shards) {
      shard.blocks.local().forEach(block -> all.add(new Retention.Sized(shard.partition, block.name(), block.bytes())));
    }
    long newest = Math.min(newestMillis(), clock.millis());
    List<Block> expired = new Retention(config.retentionMillis(), config.sizeMaxBytes()).expired(partition, all, newest).stream()
        .map(name -> blocks.find(name).orElseThrow()).toList();
    Future<Void> done = repair.expire(newest);
    if (expired.isEmpty()) {
      return done;
    }
    remove(expired);
    return done.compose(_ -> delete(expired)).onSuccess(_ -> metrics.expiredBlocks.add(expired.size()));
  }

  // ---- damage

  /// Takes a block out of service in which somebody found damage. Any thread.
  void quarantine(Block block, TidemarkException damage) {
    if (blocks.quarantine(block, damage)) {
      loop.execute(() -> takeOut(block, damage));
    }
  }

  private void takeOut(Block block, TidemarkException damage) {
    if (blocks.local().contains(block) || blocks.cold().contains(block)) {
      remove(List.of(block));
      parts.events().damaged(partition, block.name(), damage);
      repair.soon();
    } else {
      // It was merged or replaced meanwhile, which read all of it.
      blocks.quarantine().find(block.place()).ifPresent(blocks.quarantine()::settle);
    }
  }

  /// Shows a block that has come back from its copy.
  private void takeBack(Block copy) {
    blocks.replace(List.of(), copy);
    tellChanged(List.of(copy));
    parts.events().sealed(this, copy, List.of());
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
  public long erasedTo() {
    List<Tombstone> tombstones = head.tombstones();
    return tombstones.isEmpty() ? forgottenTo : Math.max(forgottenTo, tombstones.getLast().position());
  }

  @Override
  public Future<Void> show(Collection<Block> cold) {
    return jobs.request(() -> {
      List<Block> come = cold.stream().filter(block -> !blocks.cold().contains(block)).toList();
      blocks.show(cold);
      tellChanged(come);
      return Future.succeededFuture();
    });
  }

  @Override
  public Future<Void> hide(Collection<Block> cold) {
    return jobs.request(() -> {
      remove(cold);
      return Future.succeededFuture();
    });
  }

  @Override
  public Future<Void> replaceLocal(BlockName local, Block cold) {
    return jobs.request(() -> blocks.find(local).map(block -> {
      blocks.replace(block, cold);
      return delete(List.of(block));
    }).orElseGet(Future::succeededFuture));
  }

  @Override
  public void companions(Map<Block, Companion> all) {
    companions = Map.copyOf(all);
  }

  /// A companion that could not be read is left alone if it is damaged, and its block read instead. Any thread.
  void companionFailed(Block block, Companion companion, TidemarkException failure) {
    loop.execute(() -> {
      if (failure.code() == ErrorCode.CORRUPT && companions.get(block) == companion) {
        var left = new HashMap<>(companions);
        left.remove(block);
        companions = Map.copyOf(left);
        parts.events().damaged(partition, block.name(), failure);
      }
    });
  }

  private boolean checkpointIsDue() {
    return tail.applied() > checkpointPosition && (clock.nanos() - checkpointNanos >= config.checkpointMillis() * 1_000_000
        || tail.appliedBytes() - Math.max(checkpointBytes, sparedBytes) >= replayBytesMax());
  }

  private long replayBytesMax() {
    return Math.clamp(checkpoints.bytes(), REPLAY_BYTES_MIN, REPLAY_BYTES_MAX);
  }

  /// The tail grew to where a checkpoint is due.
  private void checkpointSoon() {
    if (jobs.isIdle() && !jobs.isPausing() && checkpointIsDue()) {
      jobs.enqueue(this::checkpoint);
    }
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
      rebuild.close();
      scrub.close();
      repair.close();
      jobs.close(tail.applied() > checkpointPosition ? jobs.enqueue(this::checkpoint) : Future.succeededFuture()).onComplete(done);
    });
    return done.future();
  }
}
