package io.tidemark.storage;

import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Carries the deletes of one shard out on its blocks, local and cold: which block is next, what it becomes, which tombstones are done.
///
/// A block that holds nothing that is erased stays as it is. Another is written anew as a merge of itself: with the next level, and
/// naming the old one as its source, so that everything that knows merges, the object store too, lets go of the old one by itself.
/// Deletes gather for a while, so that many cost one rewrite. All is decided on the shard's loop; blocks are written on a worker.
final class Sweep {
  /// How long deletes gather.
  static final long DELAY_MILLIS = 3_600_000;
  /// How long a tombstone stays at least: a replica that was away this long may bring its blocks to the store, and be masked.
  static final long KEPT_MILLIS = 7 * 24 * 3_600_000L;
  /// Cold blocks that were written anew and are here until the tier takes them.
  private static final int COLD_MAX = 2;

  private final Erasures erasures;
  private final Blocks blocks;
  private final ShardMetrics metrics;
  private final Clock clock;
  private final List<Block> fromCold = new ArrayList<>();

  Sweep(Erasures erasures, Blocks blocks, ShardMetrics metrics, Clock clock) {
    this.erasures = erasures;
    this.blocks = blocks;
    this.metrics = metrics;
    this.clock = clock;
  }

  /// One block with the tombstones that are over it.
  ///
  /// @param position the block is clean of deletes before it when the task is done
  /// @param output   the name that it gets if it holds something of what they erase
  record Task(Block block, List<Tombstone> over, long position, BlockName output) {}

  /// The next block to look through, local ones first.
  ///
  /// @param position only deletes up to it count: those in a checkpoint, so that a restart knows them before it finds the block
  /// @param eager    without waiting for further deletes
  Optional<Task> next(List<Tombstone> tombstones, long position, boolean eager) {
    List<Tombstone> durable = tombstones.stream().filter(tombstone -> tombstone.position() <= position).toList();
    if (durable.isEmpty()) {
      return Optional.empty();
    }
    fromCold.retainAll(blocks.local());
    List<Block> cold = fromCold.size() < COLD_MAX ? blocks.cold() : List.of();
    return Stream.concat(blocks.local().stream(), cold.stream()).flatMap(block -> task(block, durable, eager).stream()).findFirst();
  }

  private Optional<Task> task(Block block, List<Tombstone> tombstones, boolean eager) {
    List<Tombstone> over = erasures.over(block, tombstones);
    boolean isDue = !over.isEmpty() && (eager || over.stream().anyMatch(tombstone -> ageMillis(tombstone) >= DELAY_MILLIS));
    return isDue ? Optional.of(new Task(block, over, tombstones.getLast().position() + 1, output(block.name()))) : Optional.empty();
  }

  /// Also of one from a clock that is ahead.
  private long ageMillis(Tombstone tombstone) {
    return Math.abs(clock.millis() - tombstone.delete().acceptedMillis());
  }

  private BlockName output(BlockName name) {
    int level = Stream.concat(blocks.local().stream(), blocks.cold().stream()).map(Block::name)
        .filter(other -> other.startMillis() == name.startMillis() && other.endMillis() == name.endMillis()
            && other.position() == name.position()).mapToInt(BlockName::level).max().orElse(name.level());
    return new BlockName(name.startMillis(), name.endMillis(), name.position(), level + 1);
  }

  /// Writes a block anew if it holds something that is erased, which reads, and so checks, all of it. Blocks.
  ///
  /// @param part the block, watched: a damaged one is put aside, and is not asked for again
  /// @return what took its place; nothing when it may stay
  /// @throws TidemarkException what the disk or the object store throws; `CORRUPT` for a damaged block
  Optional<Block> rewrite(Task task, SeriesPart part) {
    var masked = new MaskedPart(part, Erased.of(part.index(), task.over), false);
    if (!masked.hasErased()) {
      return Optional.empty();
    }
    return Optional.of(blocks.write(task.output, List.of(task.block), SeriesMerge.all(List.of(masked), TimeRange.ALL)));
  }

  /// Takes the end of a task.
  void done(Task task, Optional<Block> made) {
    erasures.clean(made.orElse(task.block), task.position());
    made.ifPresent(block -> {
      if (task.block.isCold()) {
        fromCold.add(block);
      }
      metrics.rewrittenBlocks.increment();
      metrics.erasedSamples.add(task.block.samples() - block.samples());
      metrics.erasedBytes.add(Math.max(0, task.block.bytes() - block.bytes()));
    });
  }

  /// The tombstones that are old and over no block any more.
  ///
  /// @param sealing whether windows wait for their blocks, which may need any
  List<Tombstone> finished(List<Tombstone> tombstones, boolean sealing) {
    List<Block> all = blocks.list();
    erasures.keep(tombstones.isEmpty() ? List.of() : all);
    if (sealing) {
      return List.of();
    }
    return tombstones.stream().filter(tombstone -> ageMillis(tombstone) >= KEPT_MILLIS
        && all.stream().allMatch(block -> erasures.over(block, List.of(tombstone)).isEmpty())).toList();
  }
}
