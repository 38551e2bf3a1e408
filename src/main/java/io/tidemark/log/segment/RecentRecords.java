package io.tidemark.log.segment;

import io.tidemark.log.LogRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The newest records of a partition, so that readers at its end need no disk. Not thread-safe.
final class RecentRecords {
  private final long bytesMax;
  private LogRecord[] ring = new LogRecord[64];
  /// Position of the oldest record kept.
  private long begin;
  private long end;
  private long bytes;

  RecentRecords(long bytesMax, long position) {
    this.bytesMax = bytesMax;
    begin = position;
    end = position;
  }

  long bytes() {
    return bytes;
  }

  boolean has(long position) {
    return position >= begin && position < end;
  }

  /// Adds the record at the end; the oldest ones give way.
  void add(LogRecord record) {
    if (end - begin == ring.length) {
      grow();
    }
    ring[slot(end)] = record;
    end++;
    bytes += record.bytes().length;
    while (bytes > bytesMax && begin < end) {
      int slot = slot(begin++);
      bytes -= ring[slot].bytes().length;
      Arrays.fill(ring, slot, slot + 1, null);
    }
  }

  /// Records from `position`, which is kept, on: at least one, then up to `bytesMax`.
  List<LogRecord> from(long position, int bytesMax) {
    var records = new ArrayList<LogRecord>();
    long taken = 0;
    for (long at = position; at < end; at++) {
      LogRecord record = ring[slot(at)];
      taken += record.bytes().length;
      if (!records.isEmpty() && taken > bytesMax) {
        break;
      }
      records.add(record);
    }
    return records;
  }

  private int slot(long position) {
    return (int) (position & ring.length - 1);
  }

  private void grow() {
    LogRecord[] old = ring;
    ring = new LogRecord[old.length * 2];
    for (long at = begin; at < end; at++) {
      ring[slot(at)] = old[(int) (at & old.length - 1)];
    }
  }
}
