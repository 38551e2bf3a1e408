package io.tidemark.storage;

import io.tidemark.storage.head.Head;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;

/// What one shard tells about itself.
final class ShardMetrics {
  private final Metrics registry;
  private final String shard;
  final Counter damagedCheckpoints;
  final Counter failedJobs;
  final Histogram checkpointSeconds;

  ShardMetrics(Metrics registry, int partition) {
    this.registry = registry;
    shard = String.valueOf(partition);
    damagedCheckpoints = registry.counter("tidemark_damaged_checkpoints_total", "Checkpoints that were damaged and put aside.",
        "shard", shard);
    failedJobs = registry.counter("tidemark_storage_failed_jobs_total",
        "Seals, checkpoints and compactions that failed, most often for lack of disk space; they are tried again.", "shard", shard);
    checkpointSeconds = registry.histogram("tidemark_checkpoint_duration_seconds", "Time to write a checkpoint.", Histogram.SECONDS,
        "shard", shard);
  }

  Metrics registry() {
    return registry;
  }

  void watch(Head head) {
    registry.gauge("tidemark_head_series", "Series that the head knows.", () -> head.view().index().refsEnd(), "shard", shard);
    registry.gauge("tidemark_head_bytes", "Bytes of memory that labels and samples of the head take.", () -> head.view().bytes(),
        "shard", shard);
    registry.gauge("tidemark_head_windows", "Windows that the head holds.", () -> head.view().windows().size(), "shard", shard);
  }
}
