package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.block.Block;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.compact.CompactionPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Merges the local blocks of one shard into larger ones: which come next, and what they become.
///
/// What comes next is decided on the shard's loop, as {@link CompactionPlan} says; blocks are merged on a worker, which leaves the lists of
/// blocks as they are: the loop swaps them afterwards.
final class Compactor {
  private final Erasures erasures;
  private final Blocks blocks;
  private final StorageConfig config;

  Compactor(Erasures erasures, Blocks blocks, StorageConfig config) {
    this.erasures = erasures;
    this.blocks = blocks;
    this.config = config;
  }

  /// One merge.
  ///
  /// @param inputs the older first; at least two
  record Task(List<Block> inputs, BlockName output) {
    List<BlockName> inputNames() {
      return inputs.stream().map(Block::name).toList();
    }
  }

  /// The next merge.
  ///
  /// @param position up to where the shard has sealed
  /// @param eager    also merges few small blocks into one that fills its range
  Optional<Task> next(long position, boolean eager) {
    List<BlockName> local = blocks.local().stream().map(Block::name).toList();
    // A damaged block may come back: its range stays as it is, as that of a cold one.
    List<BlockName> cold = Stream.concat(blocks.cold().stream().map(Block::name),
        blocks.quarantine().entries().stream().map(Quarantine.Entry::name)).toList();
    return CompactionPlan.next(local, cold, position, config.windowMillis(), config.blockMillisMax(), eager).map(this::task);
  }

  private Task task(CompactionPlan plan) {
    return new Task(plan.inputs().stream().map(name -> blocks.find(name).orElseThrow()).toList(), plan.output());
  }

  /// @param damaged inputs with what is wrong with them; then nothing was merged
  record Merged(Optional<Block> output, Map<Block, TidemarkException> damaged) {}

  /// Reads, checks and merges the inputs. Blocks.
  ///
  /// Deletes that lie in the log between an input and the output are carried out: the output would look as if it came after them. It
  /// must be these alone, so that replicas make the same.
  ///
  /// @param tombstones all that the shard keeps in mind
  /// @throws TidemarkException what the disk throws
  Merged merge(Task task, List<Tombstone> tombstones) {
    var damaged = new LinkedHashMap<Block, TidemarkException>();
    for (Block input : task.inputs) {
      try {
        input.verify();
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.CORRUPT) {
          throw e;
        }
        damaged.put(input, e);
      }
    }
    if (!damaged.isEmpty()) {
      return new Merged(Optional.empty(), damaged);
    }
    List<Tombstone> before = tombstones.stream().filter(tombstone -> tombstone.position() < task.output.position()).toList();
    List<SeriesPart> parts = task.inputs.stream().map(input -> without(input, before)).toList();
    return new Merged(Optional.of(blocks.write(task.output, task.inputs, SeriesMerge.all(parts, TimeRange.ALL))), Map.of());
  }

  /// The block without what those of the tombstones that are over it erase.
  private SeriesPart without(Block block, List<Tombstone> tombstones) {
    Erased erased = Erased.of(block, erasures.over(block, tombstones));
    return erased.isEmpty() ? block : new MaskedPart(block, erased, false);
  }
}
