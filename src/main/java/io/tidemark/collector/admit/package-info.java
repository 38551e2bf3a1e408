/// What every protocol's decoder shares: finding or defining a series, checking it, counting what was refused, closing batches.
///
/// **Purpose** keep validation, limits and batching in one place, so that a decoder only decodes.
/// **Invariants** a sample that was counted as accepted is in the open batch; a refused one is counted under exactly one rule.
/// **Threading** owned by one loop. **Plane** data.
/// **Formats** none  **Start at** {@link io.tidemark.collector.admit.Admission}
@NullMarked
package io.tidemark.collector.admit;

import org.jspecify.annotations.NullMarked;
