/// Calls to systems outside this process: deadline, retries, circuit breaker.
///
/// **Purpose** a slow or dead system costs its callers a bounded wait, then a quick and clear failure, and is probed, not hammered.
/// **Invariants** an attempt never outlives its deadline for the caller; an open circuit lets one probe through at a time; what is shown
/// of a failure has no password.
/// **Threading** any thread; answers come on the guard's timers. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.guard.Guard}
@NullMarked
package io.tidemark.guard;

import org.jspecify.annotations.NullMarked;
