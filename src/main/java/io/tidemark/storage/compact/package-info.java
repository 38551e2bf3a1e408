/// What happens to blocks after they were sealed: which to merge, which to let go.
///
/// **Purpose** decide from names and sizes alone; the shard does the work.
/// **Invariants** blocks lie in nested, aligned ranges of time; a merge takes every block within its range, so its result supersedes
/// all older ones there.
/// **Threading** pure functions, any thread. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.storage.compact.CompactionPlan}
@NullMarked
package io.tidemark.storage.compact;

import org.jspecify.annotations.NullMarked;
