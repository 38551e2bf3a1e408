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
///
/// The sync of a file that grew waits for the file system's journal too. So the file grows by *room*, zeros behind the last group, and most
/// groups are written into it. A process that is killed leaves its room in the file; a reader takes zeros up to the end for it.
final class SegmentWriter {
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 * 1024).asReadOnlyBuffer();

  private final Disk disk;
  private final Segment segment;
  private final Path unfinished;
  private final DiskFile file;
  private final ByteBuffer header = SegmentFormat.buffer(SegmentFormat.HEADER_BYTES);
  private final int roomBytes;
  private long bytes = SegmentFormat.HEADER_BYTES;
  /// Where the zeros end.
  private long roomEnd;

  /// @param roomBytes zeros that are written ahead at once; 0 for none
  SegmentWriter(Disk disk, Path directory, int partition, long first, int roomBytes) {
    this.disk = disk;
    this.roomBytes = roomBytes;
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
    if (bytes + length > roomEnd) {
      roomEnd = bytes + length + roomBytes;
      writeZeros(bytes + length, roomEnd);
    }
    file.sync();
    if (isEmpty()) {
      disk.rename(unfinished, segment.path);
      disk.syncDirectory(segment.path.getParent());
    }
    bytes += length;
    segment.limit(bytes);
  }

  private void writeZeros(long from, long to) {
    for (long at = from; at < to; at += ZEROS.capacity()) {
      file.write(ZEROS.slice(0, (int) Math.min(ZEROS.capacity(), to - at)), at);
    }
  }

  /// Gives the room back.
  void close() {
    try {
      if (roomEnd > bytes) {
        file.truncate(bytes);
      }
    } finally {
      file.close();
    }
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
