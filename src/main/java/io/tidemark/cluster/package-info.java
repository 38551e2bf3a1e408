/// Who does what among several processes: nodes, the shards they answer for, and the right to do something alone.
///
/// **Purpose** tell readers where a shard answers, storage which shards are its own, rules and notifier which work is theirs alone.
/// **Invariants** at most one node holds a lease; what a lost registry last said goes on being used.
/// **Threading** any thread unless a type says otherwise. **Plane** control.
/// **Formats** keys of the state, documented with the types that write them  **Start at** {@link io.tidemark.cluster}
@NullMarked
package io.tidemark.cluster;

import org.jspecify.annotations.NullMarked;
