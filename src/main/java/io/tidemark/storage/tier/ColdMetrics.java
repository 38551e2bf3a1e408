package io.tidemark.storage.tier;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;

/// What the tier tells about itself, all shards together.
final class ColdMetrics {
  final Counter uploads;
  final Counter uploadedBytes;
  final Counter failures;
  final Counter verifyFailures;
  final Counter droppedBlocks;
  final Counter expiredObjects;
  final Counter supersededObjects;
  final Counter damagedObjects;
  final Counter missingObjects;
  final Counter indexFetches;
  final Counter checkpoints;
  final Counter restoredBlocks;
  final Counter companions;
  final Counter companionBytes;
  final Counter companionFailures;

  ColdMetrics(Metrics metrics) {
    uploads = metrics.counter("tidemark_cold_uploads_total", "Blocks that were put into the object store and read back.");
    uploadedBytes = metrics.counter("tidemark_cold_uploaded_bytes_total", "Bytes of the blocks put into the object store.");
    failures = metrics.counter("tidemark_cold_failures_total", "Pieces of work on the object store that failed; they are tried again.");
    verifyFailures = metrics.counter("tidemark_cold_verify_failures_total",
        "Objects that read back otherwise than they were put; they are put again.");
    droppedBlocks = metrics.counter("tidemark_cold_dropped_blocks_total", "Local blocks that gave way to their objects.");
    expiredObjects = metrics.counter("tidemark_cold_expired_objects_total", "Objects deleted for their age.");
    supersededObjects = metrics.counter("tidemark_cold_superseded_objects_total",
        "Objects deleted because a merged block holds their samples.");
    damagedObjects = metrics.counter("tidemark_cold_damaged_objects_total", "Objects found damaged; they are out of service.");
    missingObjects = metrics.counter("tidemark_cold_missing_objects_total", "Objects that are gone although nobody here deleted them.");
    indexFetches = metrics.counter("tidemark_cold_index_fetches_total", "Index headers fetched from the object store.");
    restoredBlocks = metrics.counter("tidemark_cold_restored_blocks_total",
        "Objects copied back in the place of damaged local blocks.");
    checkpoints = metrics.counter("tidemark_cold_checkpoint_uploads_total", "Checkpoints that were put into the object store.");
    companions = metrics.counter("tidemark_companions_written_total", "Companions of cold blocks that were put into the object store.");
    companionBytes = metrics.counter("tidemark_companions_written_bytes_total", "Bytes of these companions.");
    companionFailures = metrics.counter("tidemark_companions_failed_total", "Companions that could not be made; they are tried again.");
  }
}
