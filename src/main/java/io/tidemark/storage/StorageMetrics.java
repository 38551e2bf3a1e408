package io.tidemark.storage;

import io.tidemark.storage.block.RecentColumns;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import java.util.Collection;

/// What all shards of the process tell together, so also of shards that are not here.
final class StorageMetrics {
  final Counter gainFailures;
  final Counter remoteCheckpoints;
  final Counter forgottenDirectories;

  StorageMetrics(Metrics metrics, Collection<Shard> shards) {
    gainFailures = metrics.counter("tidemark_storage_gain_failures_total", "Tries to load a shard that failed; they are repeated.");
    remoteCheckpoints = metrics.counter("tidemark_storage_remote_checkpoints_total",
        "Shards that began from a checkpoint of the object store instead of a local one.");
    forgottenDirectories = metrics.counter("tidemark_storage_forgotten_directories_total",
        "Directories of shards deleted because the shard was elsewhere for a day.");
    metrics.gauge("tidemark_storage_shards", "Shards that this process answers for.", shards::size);
    metrics.gauge("tidemark_compactions_running", "Merges of blocks that run or wait to run.",
        () -> shards.stream().mapToInt(Shard::compactionsRunning).sum());
    metrics.gauge("tidemark_bytes_per_sample", "Bytes a sample in the blocks on the local disk, index included.", () -> {
      long samples = shards.stream().mapToLong(shard -> shard.blocks().samples()).sum();
      return samples == 0 ? 0 : (double) shards.stream().mapToLong(shard -> shard.blocks().bytes()).sum() / samples;
    });
    watch(metrics, "times", RecentColumns.times());
    watch(metrics, "values", RecentColumns.values());
    watch(metrics, "moments", RecentColumns.moments());
  }

  private static void watch(Metrics metrics, String column, RecentColumns<?> columns) {
    metrics.gauge("tidemark_storage_recent_columns_bytes", "Memory of columns of blocks that stay decoded.", columns::bytes,
        "column", column);
    metrics.gauge("tidemark_storage_recent_columns_max_bytes", "The most memory that they may take.", columns::bytesMax,
        "column", column);
  }
}
