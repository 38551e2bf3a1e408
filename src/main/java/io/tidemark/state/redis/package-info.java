/// State in a Redis that several nodes share.
///
/// **Purpose** keys, leases and fenced writes for nodes that know each other only through Redis.
/// **Invariants** each write is one script, so it happens whole or not at all; versions and tokens ascend from Redis' own clock on, over
/// expired keys and emptied servers too; a write of this process never overtakes a later one of its own.
/// **Threading** any thread; answers come on the caller's Vert.x context if it has one. **Plane** control.
/// **Formats** docs/redis.md  **Start at** {@link io.tidemark.state.redis.RedisState}
@NullMarked
package io.tidemark.state.redis;

import org.jspecify.annotations.NullMarked;
