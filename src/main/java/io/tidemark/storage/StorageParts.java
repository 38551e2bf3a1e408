package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.log.Log;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.tidemark.time.Loop;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.IntFunction;

/// What a storage works with.
///
/// @param directory where the shards' directories are, made if need be
/// @param loops     the loop of a shard; asked once for each shard that ever comes; several may share one
/// @param workers   for work that blocks: files, sealing, compaction
/// @param entropy   for the seeds of hashes
/// @param source    where shards' pasts lie beside the local disk
/// @param events    who follows blocks and checkpoints
public record StorageParts(Path directory, Disk disk, Log log, IntFunction<Loop> loops, Executor workers, Clock clock, Entropy entropy,
    Metrics metrics, ShardSource source, ShardEvents events) {
  /// Without a place beside the local disk.
  public StorageParts(Path directory, Disk disk, Log log, IntFunction<Loop> loops, Executor workers, Clock clock, Entropy entropy,
      Metrics metrics) {
    this(directory, disk, log, loops, workers, clock, entropy, metrics, ShardSource.NONE, ShardEvents.NONE);
  }
}
