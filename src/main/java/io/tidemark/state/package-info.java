/// Small, hot state: keys and bytes that survive a restart.
///
/// **Purpose** alert states, the notification log and leases, in a journal of this machine or in a Redis that several nodes share; bytes
/// only, never the meaning of what it keeps.
/// **Invariants** a completed write is durable (in Redis: as durable as that Redis is set up to be); versions of one key ascend.
/// **Threading** any thread. **Plane** control.
/// **Formats** docs/formats/state-journal.md, docs/redis.md  **Start at** {@link io.tidemark.state.State}
@NullMarked
package io.tidemark.state;

import org.jspecify.annotations.NullMarked;
