package io.tidemark.storage;

import io.tidemark.disk.Disk;
import io.tidemark.objects.ObjectStore;
import io.tidemark.storage.tier.ColdTier;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.concurrent.Executor;

/// The cold tier: what a storage gives as its {@link StorageParts#source} and {@link StorageParts#events}. Any thread.
public interface Tier extends ShardSource, ShardEvents {
  /// What a tier works with.
  ///
  /// @param store     where objects are; its closer is who opened it
  /// @param directory the storage's own, as in {@link StorageParts}; index headers are kept in it, in `cold`
  /// @param loop      for the tier's own bookkeeping, all shards
  /// @param workers   for work that blocks on the local disk
  /// @param shards    how many shards there are in all, to share out the bound on local bytes
  record Parts(ObjectStore store, Path directory, Disk disk, Loop loop, Executor workers, Clock clock, Metrics metrics, int shards) {}

  /// What a storage's directory tells of the object store.
  ///
  /// @param blocks that went there
  /// @param alone  those of them that lie nowhere else
  record Uploaded(int blocks, int alone) {}

  /// Reads that from the index headers. Blocks.
  static Uploaded uploaded(Disk disk, Path directory) {
    return ColdTier.uploaded(disk, directory);
  }

  static Tier open(TierConfig config, Parts parts) {
    return new ColdTier(config, parts);
  }

  /// Begins no more work; completes when what runs has ended.
  Future<Void> close();
}
