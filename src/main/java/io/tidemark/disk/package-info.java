/// The file layer: every byte the engine stores goes through it.
///
/// **Purpose** give tests one place to make writes fail, tear and vanish in a crash.
/// **Invariants** a write is durable only after `sync`; a new or renamed name only after its directory's `syncDirectory`.
/// **Threading** calls block; never from a loop. A `DiskFile` may be read from many threads, written from one.
/// **Plane** control. **Formats** none  **Start at** {@link io.tidemark.disk.Disk}
@NullMarked
package io.tidemark.disk;

import org.jspecify.annotations.NullMarked;
