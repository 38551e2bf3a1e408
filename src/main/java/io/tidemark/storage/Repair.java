package io.tidemark.storage;

import io.tidemark.storage.block.Block;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts the damaged blocks of one shard aside, looks what is wrong with them, and gets those back of which there is a copy: soon after
/// damage was found, and every minute while some are left. Works as jobs of the shard; its state belongs to the shard's loop.
final class Repair {
  private static final Logger LOG = LoggerFactory.getLogger(Repair.class);
  private static final long BETWEEN_MILLIS = 60_000;

  private final int partition;
  private final long retentionMillis;
  private final ShardSource source;
  private final Blocks blocks;
  private final Offload offload;
  private final ShardJobs jobs;
  private final Clock clock;
  private final ShardMetrics metrics;
  private final Consumer<Block> whenBack;
  private boolean waits;
  private boolean closed;
  private long dueNanos = Long.MIN_VALUE;

  /// @param whenBack shows a block that takes the place of a damaged one
  Repair(int partition, long retentionMillis, ShardSource source, Blocks blocks, Offload offload, ShardJobs jobs, Clock clock,
      ShardMetrics metrics, Consumer<Block> whenBack) {
    this.partition = partition;
    this.retentionMillis = retentionMillis;
    this.source = source;
    this.blocks = blocks;
    this.offload = offload;
    this.jobs = jobs;
    this.clock = clock;
    this.metrics = metrics;
    this.whenBack = whenBack;
  }

  /// Fetches no more copies.
  void close() {
    closed = true;
  }

  /// Tries again if the last try is long enough ago.
  void whenDue() {
    if (clock.nanos() >= dueNanos) {
      soon();
    }
  }

  /// Tries as soon as the shard's other jobs let it, if there is something damaged.
  void soon() {
    if (!waits && !blocks.quarantine().entries().isEmpty()) {
      waits = true;
      jobs.enqueue(this::repairAll);
    }
  }

  private Future<Void> repairAll() {
    waits = false;
    dueNanos = clock.nanos() + BETWEEN_MILLIS * 1_000_000;
    Future<Void> done = Future.succeededFuture();
    for (Quarantine.Entry entry : List.copyOf(blocks.quarantine().entries())) {
      done = done.compose(_ -> inspected(entry).compose(this::repair).recover(e -> {
        jobs.failed(e);
        return Future.succeededFuture();
      }));
    }
    return done;
  }

  private Future<Quarantine.Entry> inspected(Quarantine.Entry entry) {
    return entry.isCold() || entry.isMoved() && !entry.damages().isEmpty() ? Future.succeededFuture(entry)
        : offload.run(() -> blocks.inspect(entry)).map(found -> {
          blocks.quarantine().update(entry, found);
          return found;
        });
  }

  private Future<Void> repair(Quarantine.Entry entry) {
    if (blocks.isReplaced(entry)) {
      return settle(entry, "Samples of a damaged block are there again");
    }
    if (entry.isCold() || closed) {
      return Future.succeededFuture();
    }
    return offload.run(() -> blocks.isAside(entry)).compose(isAside -> !isAside ? settle(entry, "A damaged block was taken away by hand")
        : offload.here(source.fetchBlock(partition, entry.name(), blocks.file(entry.name())))
            .compose(isFetched -> isFetched ? takeCopy(entry) : Future.succeededFuture()));
  }

  private Future<Void> takeCopy(Quarantine.Entry entry) {
    return offload.run(() -> blocks.openCopy(entry)).compose(copy -> {
      whenBack.accept(copy);
      return settle(entry, "A damaged block was replaced by its copy");
    });
  }

  /// Deletes what was put aside and is older than the retention.
  ///
  /// @param newestMillis what ages are measured from
  Future<Void> expire(long newestMillis) {
    Future<Void> done = Future.succeededFuture();
    if (retentionMillis != Long.MAX_VALUE) {
      for (Quarantine.Entry entry : List.copyOf(blocks.quarantine().entries())) {
        if (entry.isMoved() && entry.name().endMillis() <= newestMillis - retentionMillis) {
          done = done.compose(_ -> settle(entry, "A damaged block is older than the retention and deleted"));
        }
      }
    }
    return done;
  }

  /// Ends the quarantine of a block.
  private Future<Void> settle(Quarantine.Entry entry, String how) {
    boolean isRepaired = blocks.isReplaced(entry);
    return offload.run(() -> {
      blocks.deleteAside(entry);
      return null;
    }).map(_ -> {
      blocks.quarantine().settle(entry);
      if (isRepaired) {
        metrics.repairedBlocks.increment();
      }
      LOG.atInfo().addKeyValue("shard", partition).addKeyValue("block", entry.place()).log(how);
      return null;
    });
  }
}
