/// One process that owns every shard.
///
/// **Purpose** the embedded twin of shard ownership.
/// **Invariants** all shards are gained at the start and lost at the end.
/// **Threading** any thread. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.cluster.single.AllShards}
@NullMarked
package io.tidemark.cluster.single;

import org.jspecify.annotations.NullMarked;
