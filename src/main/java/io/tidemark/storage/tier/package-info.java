/// Blocks and checkpoints in the object store.
///
/// **Purpose** move sealed blocks to the store and read them there, so that a disk holds what is young and a node may be lost.
/// **Invariants** a local block goes only after its object was read back whole with the right checksum; an object is deleted only when it
/// is older than the cold retention, superseded by one that was read back, or damaged where a whole copy is at hand.
/// **Threading** bookkeeping on the tier's loop; pages are read by any thread that may block. **Plane** control; pages are data.
/// **Formats** docs/formats/index-header.md, docs/cold-tier.md  **Start at** {@link io.tidemark.storage.tier.ColdTier}
@NullMarked
package io.tidemark.storage.tier;

import org.jspecify.annotations.NullMarked;
