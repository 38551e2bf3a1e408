/// Series at rest: shards with a head in memory and blocks on disk.
///
/// **Purpose** take what the log has, keep it small, find it by matcher and time.
/// **Invariants** every durable log record is visible to a reader that waited for it; a sample answers exactly once.
/// **Threading** a shard is written by its loop only, read by any thread. **Plane** data.
/// **Formats** docs/formats/block.md, docs/formats/checkpoint.md  **Start at** {@link io.tidemark.storage.SeriesReader}
@NullMarked
package io.tidemark.storage;

import org.jspecify.annotations.NullMarked;
