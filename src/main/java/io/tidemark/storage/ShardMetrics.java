package io.tidemark.storage;

import io.tidemark.storage.head.Head;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import java.util.function.Supplier;

/// What one shard tells about itself.
final class ShardMetrics {
  private final Metrics registry;
  private final String shard;
  final Counter damagedCheckpoints;
  final Counter lostLogs;
  final Counter lostCheckpoints;
  final Counter failedJobs;
  final Counter damagedBlocks;
  final Counter sealedBlocks;
  final Counter compactions;
  final Counter expiredBlocks;
  final Counter rebuilds;
  final Counter rewrittenBlocks;
  final Counter erasedSamples;
  final Counter erasedBytes;
  final Counter repairedBlocks;
  final Counter scrubBlocks;
  final Counter scrubBytes;
  final Counter scrubFailures;
  final Histogram checkpointSeconds;
  final Histogram sealSeconds;
  final Histogram compactionSeconds;

  ShardMetrics(Metrics registry, int partition) {
    this.registry = registry;
    shard = String.valueOf(partition);
    damagedCheckpoints = registry.counter("tidemark_damaged_checkpoints_total", "Checkpoints that were damaged and put aside.",
        "shard", shard);
    lostLogs = registry.counter("tidemark_storage_lost_logs_total",
        "Starts that found a log which ends before what checkpoints and blocks tell of.", "shard", shard);
    lostCheckpoints = registry.counter("tidemark_storage_lost_checkpoints_total",
        "Starts without a checkpoint and without the first records of the log.", "shard", shard);
    failedJobs = registry.counter("tidemark_storage_failed_jobs_total",
        "Seals, checkpoints and compactions that failed, most often for lack of disk space; they are tried again.", "shard", shard);
    damagedBlocks = registry.counter("tidemark_damaged_blocks_total", "Blocks that were damaged and put aside.", "shard", shard);
    sealedBlocks = registry.counter("tidemark_sealed_blocks_total", "Blocks made from windows of the head.", "shard", shard);
    compactions = registry.counter("tidemark_compactions_total", "Merges of blocks that ended well.", "shard", shard);
    rebuilds = registry.counter("tidemark_head_rebuilds_total", "Times a head forgot the series that had stopped.", "shard", shard);
    expiredBlocks = registry.counter("tidemark_expired_blocks_total", "Blocks deleted for their age or for the size of all.",
        "shard", shard);
    rewrittenBlocks = registry.counter("tidemark_erase_rewritten_blocks_total", "Blocks written anew without what deletes erased.",
        "shard", shard);
    erasedSamples = registry.counter("tidemark_erase_samples_total", "Samples that deletes took out of blocks.", "shard", shard);
    erasedBytes = registry.counter("tidemark_erase_reclaimed_bytes_total",
        "Bytes by which blocks, local and cold, became smaller through deletes.", "shard", shard);
    repairedBlocks = registry.counter("tidemark_repaired_blocks_total",
        "Damaged blocks whose samples are there again: from the object store, from the log, or in a block they were merged into.",
        "shard", shard);
    scrubBlocks = registry.counter("tidemark_scrub_blocks_total", "Blocks that were read to their end to find damage.", "shard", shard);
    scrubBytes = registry.counter("tidemark_scrub_bytes_total", "Bytes of blocks read to find damage.", "shard", shard);
    scrubFailures = registry.counter("tidemark_scrub_failures_total",
        "Blocks that a scrub could not read to their end; the next round tries them again.", "shard", shard);
    sealSeconds = registry.histogram("tidemark_seal_duration_seconds", "Time to make a block of a window.", Histogram.SECONDS,
        "shard", shard);
    compactionSeconds = registry.histogram("tidemark_compaction_duration_seconds", "Time to merge blocks.", Histogram.SECONDS,
        "shard", shard);
    checkpointSeconds = registry.histogram("tidemark_checkpoint_duration_seconds", "Time to write a checkpoint.", Histogram.SECONDS,
        "shard", shard);
  }

  Metrics registry() {
    return registry;
  }

  void watch(Blocks blocks) {
    registry.gauge("tidemark_blocks", "Blocks on the local disk.", () -> blocks.local().size(), "shard", shard);
    registry.gauge("tidemark_quarantined_blocks", "Damaged blocks that are out of service and not repaired yet.",
        () -> blocks.quarantine().entries().size(), "shard", shard);
    registry.gauge("tidemark_block_bytes", "Bytes of the blocks on the local disk.", blocks::bytes, "shard", shard);
    registry.gauge("tidemark_block_samples", "Samples in the blocks on the local disk.", blocks::samples, "shard", shard);
  }

  void watch(Scrub scrub) {
    registry.gauge("tidemark_scrub_running", "Whether the blocks are being read to find damage.",
        () -> scrub.status().isRunning() ? 1 : 0, "shard", shard);
    registry.gauge("tidemark_scrub_completed_timestamp_seconds", "When all blocks were last read to find damage; 0 for not yet.",
        () -> scrub.status().completedAtMillis() / 1000.0, "shard", shard);
  }

  void watch(Supplier<Head> head) {
    registry.gauge("tidemark_head_series", "Series that the head knows.", () -> head.get().view().index().refsEnd(), "shard", shard);
    registry.gauge("tidemark_head_bytes", "Bytes of memory that labels and samples of the head take.", () -> head.get().view().bytes(),
        "shard", shard);
    registry.gauge("tidemark_tombstones", "Deletes that the shard keeps in mind.", () -> head.get().tombstones().size(), "shard", shard);
    registry.gauge("tidemark_tombstones_max", "Deletes kept in mind above which further ones are refused.",
        () -> Eraser.TOMBSTONES_MAX, "shard", shard);
    registry.gauge("tidemark_exemplars", "Exemplars that the head keeps.", () -> head.get().exemplarCount(), "shard", shard);
    registry.gauge("tidemark_exemplars_max", "Exemplars that the head keeps at most.", () -> head.get().exemplarsMax(), "shard", shard);
    registry.gauge("tidemark_head_windows", "Windows that the head holds.", () -> head.get().view().windows().size(), "shard", shard);
  }
}
