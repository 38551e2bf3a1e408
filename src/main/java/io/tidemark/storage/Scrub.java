package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockScrub;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads all local blocks of one shard in rounds, slowly, and tells of those that are damaged.
///
/// A round looks through the blocks that there are when it begins; those that are merged into others meanwhile were read by the merge. It
/// goes on a piece at a time, with a pause after each that keeps to the rate, and beside the shard's jobs: it changes nothing. A block that
/// cannot be read is counted and passed over until the next round; a failed read is no proof of damage.
///
/// All state belongs to the shard's loop.
final class Scrub {
  private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
  /// The first round begins this long after a shard came, or sooner with a shorter interval: a node that is started anew each day still
  /// gets through.
  private static final long FIRST_MILLIS = 3_600_000;
  private static final long PIECE_BYTES_MAX = 1 << 20;
  private static final long PIECE_BYTES_MIN = 64 << 10;

  private final int partition;
  private final ScrubConfig config;
  private final long bytesPerSecond;
  private final Disk disk;
  private final Blocks blocks;
  private final Offload offload;
  private final Loop loop;
  private final Clock clock;
  private final ShardMetrics metrics;
  private final BiConsumer<Block, TidemarkException> whenDamaged;

  private final ArrayDeque<Block> left = new ArrayDeque<>();
  private Optional<BlockScrub> current = Optional.empty();
  private Optional<Promise<Void>> round = Optional.empty();
  private Timers.Timer timer = () -> {};
  private boolean closed;
  private volatile Integrity.Scrubbed status;

  /// @param partitions  of the log, which share the rate
  /// @param whenDamaged takes a block and what is wrong with it, on the loop
  Scrub(int partition, ScrubConfig config, int partitions, Disk disk, Blocks blocks, Offload offload, Clock clock, ShardMetrics metrics,
      BiConsumer<Block, TidemarkException> whenDamaged) {
    this.partition = partition;
    this.config = config;
    this.disk = disk;
    this.blocks = blocks;
    this.offload = offload;
    this.clock = clock;
    this.metrics = metrics;
    this.whenDamaged = whenDamaged;
    loop = offload.loop();
    bytesPerSecond = Math.max(1_024, config.bytesPerSecond() / partitions);
    status = new Integrity.Scrubbed(partition, false, 0, 0, 0, 0, 0, 0);
    metrics.watch(this);
  }

  /// The present round, or the last one. Any thread.
  Integrity.Scrubbed status() {
    return status;
  }

  /// Begins to wait for the first round. On the loop.
  void start() {
    later(Math.min(config.intervalMillis(), FIRST_MILLIS));
  }

  private void later(long millis) {
    timer.cancel();
    if (!closed && !config.isOff()) {
      timer = loop.after(millis, this::begin);
    }
  }

  /// Begins a round now, unless one is under way; completes when it is over. Any thread.
  Future<Void> now() {
    Promise<Void> done = Promise.promise();
    loop.execute(() -> {
      if (closed) {
        done.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "storage closes; shard " + partition + " is not scrubbed any more"));
      } else {
        begin().onComplete(done);
      }
    });
    return done.future();
  }

  /// Ends the round that is under way. On the loop.
  void close() {
    closed = true;
    timer.cancel();
    left.clear();
    round.ifPresent(Promise::tryComplete);
  }

  private Future<Void> begin() {
    assert loop.isCurrent();
    if (round.isPresent()) {
      return round.get().future();
    }
    timer.cancel();
    Promise<Void> begun = Promise.promise();
    round = Optional.of(begun);
    left.addAll(blocks.local());
    status = new Integrity.Scrubbed(partition, true, clock.millis(), status.completedAtMillis(), 0, 0, 0, left.size());
    goOn();
    return begun.future();
  }

  private void goOn() {
    if (closed) {
      return;
    }
    if (current.isEmpty()) {
      while (!left.isEmpty() && !blocks.local().contains(left.peek())) {
        left.poll();
      }
      if (left.isEmpty()) {
        end();
        return;
      }
      current = Optional.of(new BlockScrub(disk, left.peek().path(), left.peek().name()));
    }
    BlockScrub scrub = current.get();
    long before = scrub.bytesRead();
    long piece = Math.clamp(bytesPerSecond, PIECE_BYTES_MIN, PIECE_BYTES_MAX);
    offload.run(() -> scrub.step(piece)).onComplete(result -> {
      if (closed) {
        return;
      }
      long bytes = scrub.bytesRead() - before;
      metrics.scrubBytes.add(bytes);
      boolean isDone = result.failed() || !result.result();
      if (isDone) {
        Block block = left.poll();
        current = Optional.empty();
        take(block, scrub.damages(), Optional.ofNullable(result.cause()));
      }
      status = new Integrity.Scrubbed(partition, true, status.startedAtMillis(), status.completedAtMillis(), status.blocks(),
          status.bytes() + bytes, status.damagedBlocks(), left.size());
      timer = loop.after(Math.max(1, bytes * 1_000 / bytesPerSecond), this::goOn);
    });
  }

  /// Takes what came of one block.
  private void take(Block block, List<Damage> damages, Optional<Throwable> failure) {
    boolean isHere = blocks.local().contains(block);
    if (failure.isPresent() && isHere) {
      metrics.scrubFailures.increment();
      LOG.atWarn().addKeyValue("shard", partition).addKeyValue("block", block.name().fileName())
          .addKeyValue("reason", failure.get().getMessage()).log("A block cannot be read to its end; the next round tries it again");
    }
    boolean isDamaged = !damages.isEmpty() && isHere;
    if (isDamaged) {
      whenDamaged.accept(block, new TidemarkException(ErrorCode.CORRUPT, block.path() + ": " + damages.getFirst() + "; damaged"
          + (damages.size() == 1 ? "" : ", and so are " + (damages.size() - 1) + " other parts")));
    }
    if (failure.isEmpty()) {
      metrics.scrubBlocks.increment();
      status = new Integrity.Scrubbed(partition, true, status.startedAtMillis(), status.completedAtMillis(), status.blocks() + 1,
          status.bytes(), status.damagedBlocks() + (isDamaged ? 1 : 0), left.size());
    }
  }

  private void end() {
    Integrity.Scrubbed last = status;
    status = new Integrity.Scrubbed(partition, false, last.startedAtMillis(), clock.millis(), last.blocks(), last.bytes(),
        last.damagedBlocks(), 0);
    LOG.atInfo().addKeyValue("shard", partition).addKeyValue("blocks", last.blocks()).addKeyValue("bytes", last.bytes())
        .addKeyValue("damaged", last.damagedBlocks()).log("All blocks of a shard were read");
    Promise<Void> done = round.orElseThrow();
    round = Optional.empty();
    later(config.intervalMillis());
    done.tryComplete();
  }
}
