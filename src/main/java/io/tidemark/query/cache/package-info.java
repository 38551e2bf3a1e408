/// Answers of range queries that are kept for the next ones.
///
/// **Purpose** a dashboard that is refreshed evaluates only the steps that it has not seen, or that changed since.
/// **Invariants** an extent is a run of steps whose values no change since its revision can have touched; bytes are bounded.
/// **Threading** safe on any thread; one short lock around the map. **Plane** control.
/// **Formats** none  **Start at** {@link io.tidemark.query.cache.ResultCache}
@NullMarked
package io.tidemark.query.cache;

import org.jspecify.annotations.NullMarked;
