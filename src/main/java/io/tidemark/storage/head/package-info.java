/// The mutable, in-memory part of one shard.
///
/// **Purpose** take appends and show readers a consistent prefix.
/// **Invariants** series refs grow by one; postings are sorted; a published count never shrinks; memory of samples goes with its
/// window as a whole.
/// **Threading** mutated by the shard's loop only; a view by any thread. The `Published*` classes hold all of the publication.
/// **Plane** data.
/// **Formats** docs/formats/checkpoint.md  **Start at** {@link io.tidemark.storage.head.Head}
@NullMarked
package io.tidemark.storage.head;

import org.jspecify.annotations.NullMarked;
