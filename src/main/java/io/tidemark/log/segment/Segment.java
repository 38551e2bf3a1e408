package io.tidemark.log.segment;

import java.nio.file.Path;
import java.util.Arrays;

/// What is known of one segment file: where it lies, how far it may be read, and where some of its records are.
///
/// Safe on any thread.
final class Segment {
  /// One index entry for about so many bytes.
  private static final int INDEX_STEP_BYTES = 64 * 1024;

  final Path path;
  final long first;
  /// Bytes that are durable and belong to this segment.
  private long limit;
  private long[] positions = new long[16];
  private long[] offsets = new long[16];
  private int entries;

  Segment(Path path, long first, long limit) {
    this.path = path;
    this.first = first;
    this.limit = limit;
  }

  synchronized long limit() {
    return limit;
  }

  synchronized void limit(long bytes) {
    limit = bytes;
  }

  /// Notes where a record begins; calls for places already covered do nothing.
  synchronized void index(long position, long offset) {
    if (entries > 0 && (position <= positions[entries - 1] || offset < offsets[entries - 1] + INDEX_STEP_BYTES)) {
      return;
    }
    if (entries == positions.length) {
      positions = Arrays.copyOf(positions, entries * 2);
      offsets = Arrays.copyOf(offsets, entries * 2);
    }
    positions[entries] = position;
    offsets[entries++] = offset;
  }

  /// A place at or before a record.
  record Place(long position, long offset) {}

  /// The nearest known place at or before `position`.
  synchronized Place nearest(long position) {
    int at = Arrays.binarySearch(positions, 0, entries, position);
    int index = at >= 0 ? at : -at - 2;
    return index < 0 ? new Place(first, SegmentFormat.HEADER_BYTES) : new Place(positions[index], offsets[index]);
  }
}
