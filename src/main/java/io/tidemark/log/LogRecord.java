package io.tidemark.log;

/// A record as read back.
///
/// @param position its place in the partition
/// @param bytes    its content; shared with other readers, not to be written to
public record LogRecord(long position, byte[] bytes) {}
