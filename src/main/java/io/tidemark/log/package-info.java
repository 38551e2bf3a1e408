/// The ingest log: the only write-ahead of the engine, and the record that travels in it.
///
/// **Purpose** make samples durable before they are acknowledged, and hand them to storage in order.
/// **Invariants** a position is told only when its record is durable; positions of one partition ascend; a record is read back bit
/// for bit or reported as damaged.
/// **Threading** `Log` on any thread; a `BatchWriter` belongs to one loop. **Plane** control; `BatchWriter` and `BatchReader` data.
/// **Formats** docs/formats/batch.md, docs/formats/log-segment.md  **Start at** {@link io.tidemark.log.Log}
@NullMarked
package io.tidemark.log;

import org.jspecify.annotations.NullMarked;
