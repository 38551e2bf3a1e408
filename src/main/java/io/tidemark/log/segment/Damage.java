package io.tidemark.log.segment;

import java.nio.file.Path;

/// Bytes of a segment that hold no readable record.
///
/// @param offset  of the first bad byte
/// @param bytes   how many are skipped
/// @param from    the first position lost
/// @param to      the next position that is there; equal to `from` when only the header is damaged
record Damage(Path path, long offset, long bytes, long from, long to) {}
