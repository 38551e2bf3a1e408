package io.tidemark.log.segment;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.TidemarkException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// The segment that is being written. Used by one commit at a time.
///
/// The file gets its name only when its first group is durable, by one rename, so that a crash never leaves a partition without the
/// segment that says where its positions go on. After a failure nobody knows what the file holds past its durable end, and after a
/// failed sync a later one proves nothing (the kernel may have dropped the pages). So a writer fails once: the caller abandons it
/// and begins another segment at the same position, which hides whatever the old file holds from there on.
final class SegmentWriter {
  private final Disk disk;
  private final Segment segment;
  private final Path unfinished;
  private final DiskFile file;
  private final ByteBuffer header = SegmentFormat.buffer(SegmentFormat.HEADER_BYTES);
  private long bytes = SegmentFormat.HEADER_BYTES;

  SegmentWriter(Disk disk, Path directory, int partition, long first) {
    this.disk = disk;
    Path path = SegmentFormat.path(directory, first);
    unfinished = SegmentFormat.unfinishedPath(path);
    disk.delete(unfinished);
    file = disk.create(unfinished);
    segment = new Segment(path, first, 0);
    SegmentFormat.putHeader(header, partition, first);
    header.flip();
  }

  Segment segment() {
    return segment;
  }

  /// The file's bytes, where the next group begins.
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return bytes == SegmentFormat.HEADER_BYTES;
  }

  /// Writes whole frames and makes them durable.
  void append(ByteBuffer frames) {
    int length = frames.remaining();
    if (isEmpty()) {
      file.write(header, 0);
    }
    file.write(frames, bytes);
    file.sync();
    if (isEmpty()) {
      disk.rename(unfinished, segment.path);
      disk.syncDirectory(segment.path.getParent());
    }
    bytes += length;
    segment.limit(bytes);
  }

  void close() {
    file.close();
  }

  /// Gives up after a failure and frees what space it can.
  ///
  /// @throws TidemarkException when even that fails; nothing depends on it
  void abandon() {
    try {
      if (isEmpty()) {
        disk.delete(unfinished);
      } else {
        file.truncate(bytes);
      }
    } finally {
      file.close();
    }
  }
}
