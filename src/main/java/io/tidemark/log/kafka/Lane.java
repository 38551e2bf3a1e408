package io.tidemark.log.kafka;

import io.tidemark.log.LogRecord;
import java.util.ArrayList;
import java.util.List;

/// One place of a partition at which a fetcher reads, the records it found there lately, and who waits for more. Its `PartitionReads`
/// guards it.
final class Lane {
  /// A lane that reads nowhere.
  private static final long NOWHERE = -1;

  private final ReadBuffer buffer = new ReadBuffer();
  private final List<Read> waiting = new ArrayList<>();
  private long begin = NOWHERE;
  private long next = NOWHERE;
  /// Whether the fetcher has yet to go to `next`.
  private boolean mustSeek;
  /// What the fetcher was last told to do.
  private boolean fetching;
  /// The position after the newest record that a reader got.
  private long readTo;
  private long unreadBytes;
  private long usedNanos;

  boolean isUnused() {
    return begin == NOWHERE;
  }

  boolean isFree() {
    return waiting.isEmpty();
  }

  long usedNanos() {
    return usedNanos;
  }

  long bytes() {
    return buffer.bytes();
  }

  int waiting() {
    return waiting.size();
  }

  /// Whether a record at `position` is in the buffer or will be when it is fetched.
  boolean covers(long position) {
    return begin != NOWHERE && begin <= position && position <= next;
  }

  /// Whether everybody who waits here could as well wait at `other`, in a log that ends at `end`.
  boolean allCovered(Lane other, long end) {
    return waiting.stream().allMatch(read -> other.covers(Math.min(read.from(), end)));
  }

  /// What the buffer has for a read.
  List<LogRecord> take(Read read, long nowNanos) {
    usedNanos = nowNanos;
    List<LogRecord> found = buffer.from(read.from(), read.bytesMax());
    for (LogRecord record : found) {
      if (record.position() >= readTo) {
        readTo = record.position() + 1;
        unreadBytes -= record.bytes().length;
      }
    }
    return found;
  }

  /// Lets a read wait here. Returns whether the fetcher must be told.
  boolean await(Read read, long nowNanos) {
    usedNanos = nowNanos;
    waiting.add(read);
    return mustSeek || !fetching;
  }

  List<Read> removeWaiting() {
    List<Read> all = List.copyOf(waiting);
    waiting.clear();
    return all;
  }

  void seek(long position) {
    buffer.clear();
    begin = position;
    next = position;
    readTo = position;
    unreadBytes = 0;
    mustSeek = true;
  }

  void release() {
    buffer.clear();
    begin = NOWHERE;
    next = NOWHERE;
    mustSeek = false;
    unreadBytes = 0;
  }

  /// Takes over what was fetched, unless it is from before a seek.
  void add(List<LogRecord> fetched) {
    if (mustSeek || begin == NOWHERE || fetched.isEmpty()) {
      return;
    }
    for (LogRecord record : fetched) {
      buffer.add(record);
      unreadBytes += record.bytes().length;
    }
    next = fetched.getLast().position() + 1;
  }

  /// Forgets the oldest records that a reader has had, as far as more than `bytesMax` are kept.
  void forget(long bytesMax) {
    while (buffer.bytes() > bytesMax && buffer.first().position() < readTo) {
      begin = buffer.removeFirst().position() + 1;
    }
  }

  /// What the fetcher shall do from now on.
  ///
  /// @param seek  the position to go to, or -1 to stay
  /// @param fetch whether to fetch
  record Order(long seek, boolean fetch) {}

  /// Somebody waits, or is about to come back for the next records: those are fetched ahead up to a bound.
  Order order(long unreadBytesMax, boolean recentlyUsed) {
    fetching = begin != NOWHERE && (!waiting.isEmpty() || recentlyUsed && unreadBytes < unreadBytesMax);
    var order = new Order(mustSeek ? next : NOWHERE, fetching);
    mustSeek = false;
    return order;
  }
}
