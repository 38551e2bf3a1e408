/// Time, timers and randomness: the only callers of the system clock.
///
/// **Purpose** let the whole node run under virtual time and one seed.
/// **Invariants** nothing outside this house reads a clock or makes a random number by itself.
/// **Threading** `Clock` and `Entropy` on any thread; a `Loop` runs its work on one thread, one piece at a time.
/// **Plane** control. **Formats** none  **Start at** {@link io.tidemark.time.Loop}
@NullMarked
package io.tidemark.time;

import org.jspecify.annotations.NullMarked;
