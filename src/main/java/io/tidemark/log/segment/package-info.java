/// The log as segmented files with group commit.
///
/// **Purpose** one write and one sync for all records that wait; find again after a crash exactly what was acknowledged.
/// **Invariants** existing segments are never written to after a restart; a segment ends where the next one begins; a group of
/// records is written only after the one before it is durable, and each frame says where its group begins.
/// **Threading** one commit at a time a partition, on the executor given; state behind the partition's monitor, held briefly, never
/// during I/O or while a future completes. **Plane** control.
/// **Formats** docs/formats/log-segment.md  **Start at** {@link io.tidemark.log.segment.SegmentLog}
@NullMarked
package io.tidemark.log.segment;

import org.jspecify.annotations.NullMarked;
