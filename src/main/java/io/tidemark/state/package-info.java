/// Small, hot state: keys and bytes that survive a restart.
///
/// **Purpose** alert states and the notification log; bytes only, never the meaning of what it keeps.
/// **Invariants** a completed write is durable; versions of one key ascend.
/// **Threading** any thread. **Plane** control.
/// **Formats** docs/formats/state-journal.md  **Start at** {@link io.tidemark.state.State}
@NullMarked
package io.tidemark.state;

import org.jspecify.annotations.NullMarked;
