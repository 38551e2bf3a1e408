package io.tidemark.log.kafka;

import io.tidemark.log.LogRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Fetched records of one partition, in order. Positions ascend but may leave some out: transactions of other programs leave marks in
/// a topic that are no records. Not thread-safe.
final class ReadBuffer {
  private LogRecord[] ring = new LogRecord[16];
  private int head;
  private int count;
  private long bytes;

  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return count == 0;
  }

  LogRecord first() {
    return at(0);
  }

  private LogRecord at(int index) {
    return ring[head + index & ring.length - 1];
  }

  void add(LogRecord record) {
    if (count == ring.length) {
      var larger = new LogRecord[ring.length * 2];
      for (int i = 0; i < count; i++) {
        larger[i] = at(i);
      }
      ring = larger;
      head = 0;
    }
    ring[head + count & ring.length - 1] = record;
    count++;
    bytes += record.bytes().length;
  }

  LogRecord removeFirst() {
    LogRecord first = at(0);
    Arrays.fill(ring, head, head + 1, null);
    head = head + 1 & ring.length - 1;
    count--;
    bytes -= first.bytes().length;
    return first;
  }

  void clear() {
    ring = new LogRecord[16];
    head = 0;
    count = 0;
    bytes = 0;
  }

  /// Records at `position` and after it: none, or at least one and then up to `bytesMax`.
  List<LogRecord> from(long position, int bytesMax) {
    var found = new ArrayList<LogRecord>();
    long taken = 0;
    for (int i = find(position); i < count; i++) {
      LogRecord record = at(i);
      taken += record.bytes().length;
      if (!found.isEmpty() && taken > bytesMax) {
        break;
      }
      found.add(record);
    }
    return found;
  }

  /// The index of the first record at or after `position`.
  private int find(long position) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (at(middle).position() < position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
