/// Sealed windows: one immutable file each.
///
/// **Purpose** write a block once, find and read its series by matcher and time.
/// **Invariants** the bytes follow from the series and samples alone; every byte is under a checksum; an index section is checked when
/// the block is opened, a page when it is read.
/// **Threading** a writer belongs to one worker; a block may be read by any thread. **Plane** data.
/// **Formats** docs/formats/block.md  **Start at** {@link io.tidemark.storage.block.Block}
@NullMarked
package io.tidemark.storage.block;

import org.jspecify.annotations.NullMarked;
