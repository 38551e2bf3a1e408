package io.tidemark.log.segment;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One ordered part of the log. Safe on any thread.
///
/// **What an acknowledgement rests on.** Appends queue; one commit at a time takes what waits, writes it behind the last group, syncs,
/// and only then tells positions, lets readers see the records and goes on with the next group, on the same thread: waking another costs as
/// much as the write. So at any time at most one group is undecided, and all bytes before it are durable.
///
/// **After a failed write or sync** the group's appends fail and the segment is given up: its durable end stays its end, and the next
/// append begins a new segment at the position where the failed group began. A segment ends where the next begins, so what the
/// failed attempt may have left in the old file is never read once the new one is durable. If the process dies before that, those
/// records may come back: they were never acknowledged, and stand at positions that nobody was told. Nothing is retried on its own;
/// the next append tries the disk again, so the log works as soon as the disk does.
///
/// **After a crash** the last group may be torn. Each frame says where its group begins, and a group proves that everything before it
/// was durable. So damage before the last group's begin is decay of stored records: it is reported and skipped. Damage after it is
/// the unfinished end: the log goes on from there, in a new segment.
final class Partition {
  private static final Logger LOGGER = LoggerFactory.getLogger(Partition.class);
  private static final int REPORTED_DAMAGES_MAX = 10_000;
  /// Groups that a thread commits before other partitions have their turn.
  private static final int GROUPS_MAX = 16;

  private final int number;
  private final Path directory;
  private final SegmentLogConfig config;
  private final Disk disk;
  private final Executor io;
  private final Clock clock;
  private final LogMetrics metrics;

  // Guarded by this.
  private final TreeMap<Long, Segment> segments = new TreeMap<>();
  private final ArrayDeque<Append> queue = new ArrayDeque<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final Set<Damage> reported = new HashSet<>();
  private final Promise<Void> closed = Promise.promise();
  private RecentRecords recent;
  /// The position after the last record that can be read.
  private long end;
  /// The position of the next record; above `end` only when the newest stored records are damaged, or positions were skipped, and nothing
  /// was appended since.
  private long next;
  /// Whether a commit runs or is about to.
  private boolean committing;
  private boolean closing;
  /// Whether the last commit is done.
  private boolean finished;
  private final ArrayDeque<Segment> dropped = new ArrayDeque<>();
  private boolean deleting;

  // Used by the running commit only.
  private SegmentWriter writer;
  /// The position after the last record that the writer has.
  private long written;
  private ByteBuffer frames = SegmentFormat.buffer(64 * 1024);

  private record Append(byte[] record, long startNanos, Promise<Long> promise) {}

  private record Waiting(long from, int bytesMax, Promise<List<LogRecord>> promise) {}

  private Partition(int number, Path directory, SegmentLogConfig config, Disk disk, Executor io, Clock clock, LogMetrics metrics) {
    this.number = number;
    this.directory = directory;
    this.config = config;
    this.disk = disk;
    this.io = io;
    this.clock = clock;
    this.metrics = metrics;
  }

  /// Finds the segments and the end of the log. Blocks.
  static Partition open(int number, Path directory, SegmentLogConfig config, Disk disk, Executor io, Clock clock, LogMetrics metrics) {
    var partition = new Partition(number, directory, config, disk, io, clock, metrics);
    partition.find();
    metrics.watch(partition, number);
    return partition;
  }

  private synchronized void find() {
    for (Path path : disk.list(directory)) {
      if (SegmentFormat.isUnfinished(path)) {
        disk.delete(path);
      }
      SegmentFormat.firstPosition(path).ifPresent(first -> segments.put(first, new Segment(path, first, bytesOf(path))));
    }
    if (!segments.isEmpty()) {
      Segment last = segments.lastEntry().getValue();
      settle(last);
      findEnd(last);
    }
    recent = new RecentRecords(config.recentBytes(), next);
  }

  private long bytesOf(Path path) {
    try (DiskFile file = disk.openForRead(path)) {
      return file.bytes();
    }
  }

  /// Makes durable what the newest segment shows. After the end of a process alone, its last group may be in the system's cache only;
  /// no reader may see it before it is sure to stay.
  private void settle(Segment last) {
    try (DiskFile file = disk.open(last.path)) {
      file.sync();
    }
    disk.syncDirectory(directory);
  }

  /// Goes through the newest segment to find where the log goes on.
  private void findEnd(Segment last) {
    try (var scanner = new SegmentScanner(disk, last, last.limit(), SegmentScanner.OPEN_END)) {
      scanner.checkHeader(number);
      boolean more = scanner.next();
      while (more) {
        more = scanner.next();
      }
      for (Damage damage : scanner.damages()) {
        if (damage.offset() >= scanner.groupStartMax()) {
          cut(last, damage, scanner.readableEnd() - damage.to());
          next = damage.from();
          end = Math.min(next, scanner.readableEnd());
          return;
        }
        report(damage);
      }
      last.limit(scanner.at());
      next = scanner.expected();
      end = scanner.readableEnd();
    }
  }

  /// @param whole records behind the damage that can be read
  private void cut(Segment last, Damage tail, long whole) {
    long bytes = last.limit() - tail.offset();
    metrics.cutRecords.add(Math.max(0, whole));
    last.limit(tail.offset());
    metrics.cutBytes.add(bytes);
    LOGGER.atWarn().addKeyValue("log", config.name()).addKeyValue("file", last.path).addKeyValue("offset", tail.offset())
        .addKeyValue("bytes", bytes).addKeyValue("position", tail.from()).addKeyValue("whole_records", Math.max(0, whole))
        .log("log: the end of {} from byte {} on is an unfinished write; the log goes on at position {}", last.path, tail.offset(),
            tail.from());
  }

  private synchronized void report(Damage damage) {
    if (reported.size() >= REPORTED_DAMAGES_MAX || !reported.add(damage)) {
      return;
    }
    metrics.quarantinedRecords.add(damage.to() - damage.from());
    metrics.quarantinedBytes.add(damage.bytes());
    LOGGER.atError().addKeyValue("log", config.name()).addKeyValue("file", damage.path()).addKeyValue("offset", damage.offset())
        .addKeyValue("bytes", damage.bytes()).addKeyValue("from", damage.from()).addKeyValue("to", damage.to())
        .log("log: {} is damaged at byte {}, {} bytes; positions {} up to {} are skipped", damage.path(), damage.offset(), damage.bytes(),
            damage.from(), damage.to());
  }

  // ---- append

  Future<Long> append(byte[] record) {
    if (record.length > SegmentFormat.RECORD_BYTES_MAX) {
      return refused(ErrorCode.TOO_LARGE, "record of " + record.length + " bytes, at most " + SegmentFormat.RECORD_BYTES_MAX);
    }
    Promise<Long> promise = Replies.promise();
    boolean start;
    synchronized (this) {
      if (closing) {
        return refused(ErrorCode.UNAVAILABLE, "the log is closing");
      }
      if (!reserve(record.length)) {
        return refused(ErrorCode.UNAVAILABLE, "more than " + config.queueBytes() + " bytes wait for the disk; send again later");
      }
      queue.add(new Append(record, clock.nanos(), promise));
      start = !committing;
      committing = true;
    }
    if (start) {
      startCommit();
    }
    return promise.future();
  }

  private <T> Future<T> refused(ErrorCode code, String reason) {
    metrics.failure(code);
    return Future.failedFuture(new TidemarkException(code, "log " + config.name() + ", partition " + number + ": " + reason));
  }

  /// Takes room in the queue; a single record always finds it when nothing else waits.
  private boolean reserve(int bytes) {
    while (true) {
      long now = metrics.queuedBytes.get();
      if (now > 0 && now + bytes > config.queueBytes()) {
        return false;
      }
      if (metrics.queuedBytes.compareAndSet(now, now + bytes)) {
        return true;
      }
    }
  }

  private void startCommit() {
    try {
      io.execute(this::commit);
    } catch (RejectedExecutionException e) {
      var stopped = new TidemarkException(ErrorCode.UNAVAILABLE, "log " + config.name() + ": its worker threads are stopped", e);
      List<Append> all;
      synchronized (this) {
        all = List.copyOf(queue);
        queue.clear();
        committing = false;
      }
      fail(all, stopped);
    }
  }

  private void commit() {
    int groups = 1;
    while (commitGroup()) {
      if (groups++ == GROUPS_MAX) {
        startCommit();
        return;
      }
    }
  }

  /// Tells whether another group waits.
  private boolean commitGroup() {
    List<Append> group = takeGroup();
    if (group.isEmpty()) {
      finish();
      return false;
    }
    long first = next();
    try {
      write(group, first);
    } catch (RuntimeException | OutOfMemoryError e) {
      TidemarkException failure = e instanceof TidemarkException known ? known
          : new TidemarkException(ErrorCode.INTERNAL, "log " + config.name() + ", partition " + number + ": append failed: " + e, e);
      giveUpSegment(failure);
      return tell(() -> fail(group, failure));
    }
    List<Waiting> ready = publish(group, first);
    return tell(() -> {
      acknowledge(group, first);
      ready.forEach(this::serve);
    });
  }

  /// Runs listeners, then tells whether another group waits. An error of theirs ends this thread's turn, not the partition.
  private boolean tell(Runnable listeners) {
    boolean hasTold = false;
    try {
      listeners.run();
      hasTold = true;
    } finally {
      if (!hasTold && goesOn()) {
        startCommit();
      }
    }
    return goesOn();
  }

  private synchronized List<Append> takeGroup() {
    var group = new ArrayList<Append>();
    long bytes = 0;
    while (!queue.isEmpty() && (group.isEmpty() || bytes + queue.peek().record.length <= config.groupBytes())) {
      Append append = queue.poll();
      bytes += append.record.length;
      group.add(append);
    }
    return group;
  }

  private void write(List<Append> group, long first) {
    long bytes = 0;
    for (Append append : group) {
      bytes += SegmentFormat.FRAME_BYTES + append.record.length;
    }
    // Positions within a segment follow on each other.
    if (writer != null && !writer.isEmpty() && (first != written || writer.bytes() + bytes > config.segmentBytes())) {
      SegmentWriter full = writer;
      writer = null;
      full.close();
    }
    if (writer == null) {
      writer = new SegmentWriter(disk, directory, number, first, config.roomBytes());
    }
    if (bytes > frames.capacity()) {
      frames = SegmentFormat.buffer((int) Math.max(bytes, Math.min(2L * frames.capacity(), config.groupBytes())));
    }
    frames.clear();
    long position = first;
    for (Append append : group) {
      writer.segment().index(position, writer.bytes() + frames.position());
      SegmentFormat.putFrame(frames, append.record.length, frames.position(), position++, append.record);
    }
    frames.flip();
    long start = clock.nanos();
    writer.append(frames);
    written = position;
    metrics.syncSeconds.observeNanos(start, clock.nanos());
    metrics.groups.increment();
  }

  private void giveUpSegment(TidemarkException failure) {
    LOGGER.atError().addKeyValue("log", config.name()).addKeyValue("partition", number).addKeyValue("position", next())
        .log("log: append failed, the next one begins a new segment: {}", failure.getMessage());
    SegmentWriter failed = writer;
    writer = null;
    if (failed != null) {
      try {
        failed.abandon();
      } catch (TidemarkException e) {
        metrics.abandonFailures.increment();
        LOGGER.warn("log: space of a failed write could not be freed: {}", e.getMessage());
      }
    }
  }

  private synchronized List<Waiting> publish(List<Append> group, long first) {
    segments.put(writer.segment().first, writer.segment());
    if (first > end) {
      recent = new RecentRecords(config.recentBytes(), first);
    }
    long position = first;
    for (Append append : group) {
      recent.add(new LogRecord(position++, append.record));
    }
    end = position;
    next = Math.max(next, position);
    var ready = new ArrayList<Waiting>();
    for (Iterator<Waiting> all = waiting.iterator(); all.hasNext();) {
      Waiting read = all.next();
      if (read.from < end) {
        ready.add(read);
        all.remove();
      }
    }
    return ready;
  }

  private synchronized boolean goesOn() {
    committing = closing || !queue.isEmpty();
    return committing;
  }

  private void acknowledge(List<Append> group, long first) {
    long now = clock.nanos();
    long position = first;
    for (Append append : group) {
      metrics.queuedBytes.addAndGet(-append.record.length);
      metrics.records.increment();
      metrics.bytes.add(append.record.length);
      metrics.appendSeconds.observeNanos(append.startNanos, now);
      Replies.complete(append.promise, position++);
    }
  }

  private void fail(List<Append> group, TidemarkException failure) {
    for (Append append : group) {
      metrics.queuedBytes.addAndGet(-append.record.length);
      metrics.failure(failure.code());
      Replies.fail(append.promise, failure);
    }
  }

  // ---- read

  Future<List<LogRecord>> read(long from, int bytesMax) {
    Promise<List<LogRecord>> promise = Replies.promise();
    serve(new Waiting(from, bytesMax, promise));
    return promise.future();
  }

  /// Answers from memory, lets the read wait, or sends it to the disk.
  private void serve(Waiting read) {
    List<LogRecord> found = List.of();
    TidemarkException refusal = null;
    synchronized (this) {
      if (closing) {
        refusal = closingFailure();
      } else if (recent.has(read.from)) {
        found = recent.from(read.from, read.bytesMax);
      } else if (read.from >= end) {
        if (waiting.size() < SegmentLogConfig.WAITING_READS_MAX) {
          waiting.add(read);
          return;
        }
        refusal = new TidemarkException(ErrorCode.UNAVAILABLE, "log " + config.name() + ", partition " + number + ": more than "
            + SegmentLogConfig.WAITING_READS_MAX + " reads wait");
      }
    }
    if (refusal != null) {
      Replies.fail(read.promise, refusal);
    } else if (!found.isEmpty()) {
      Replies.complete(read.promise, found);
    } else {
      metrics.diskReads.increment();
      try {
        io.execute(() -> readFromDisk(read));
      } catch (RejectedExecutionException e) {
        Replies.fail(read.promise, closingFailure());
      }
    }
  }

  private TidemarkException closingFailure() {
    return new TidemarkException(ErrorCode.UNAVAILABLE, "log " + config.name() + ": closing");
  }

  /// Where to look for a position.
  private record Place(Segment segment, long limit, long positionEnd) {}

  private synchronized Place place(long from) {
    Map.Entry<Long, Segment> entry = segments.floorEntry(from);
    if (entry == null) {
      throw new TidemarkException(ErrorCode.NOT_FOUND, "log " + config.name() + ", partition " + number + ": position " + from
          + " is not kept any more, the first is " + begin());
    }
    Long following = segments.higherKey(from);
    return new Place(entry.getValue(), entry.getValue().limit(), following == null ? end : following);
  }

  private void readFromDisk(Waiting read) {
    try {
      Place place = place(read.from);
      List<LogRecord> records = scan(place, read.from, read.bytesMax);
      if (records.isEmpty()) {
        // All from here to the segment's end is damaged; go on with the next one.
        serve(new Waiting(place.positionEnd, read.bytesMax, read.promise));
      } else {
        Replies.complete(read.promise, records);
      }
    } catch (RuntimeException e) {
      Replies.fail(read.promise, e);
    }
  }

  private List<LogRecord> scan(Place place, long from, int bytesMax) {
    var records = new ArrayList<LogRecord>();
    try (var scanner = new SegmentScanner(disk, place.segment, place.limit, place.positionEnd)) {
      Segment.Place known = place.segment.nearest(from);
      if (known.position() == place.segment.first) {
        scanner.checkHeader(number);
      }
      scanner.seek(known);
      long taken = 0;
      while (taken < bytesMax && scanner.next()) {
        if (scanner.position() < from) {
          continue;
        }
        taken += scanner.payloadBytes();
        if (!records.isEmpty() && taken > bytesMax) {
          break;
        }
        records.add(new LogRecord(scanner.position(), scanner.payload()));
      }
      scanner.damages().forEach(this::report);
    }
    return records;
  }

  // ---- skip, trim, close, numbers

  /// As {@link io.tidemark.log.Log#skip}.
  synchronized boolean skip(long from, long to) {
    boolean isFree = !committing && next <= from;
    next = Math.max(next, to);
    return isFree;
  }

  void trim(long upTo) {
    synchronized (this) {
      if (closing) {
        return;
      }
      while (segments.size() > 1 && segments.higherKey(segments.firstKey()) <= upTo) {
        dropped.add(segments.pollFirstEntry().getValue());
      }
      if (dropped.isEmpty() || deleting) {
        return;
      }
      deleting = true;
    }
    try {
      io.execute(this::deleteDropped);
    } catch (RejectedExecutionException e) {
      LOGGER.warn("log: trimmed segments are not deleted, the worker threads are stopped; the next start finds them again");
      synchronized (this) {
        deleting = false;
      }
    }
  }

  /// Oldest first and one deletion at a time, so that a crash in between leaves no hole. What could not be deleted waits for the next
  /// trim, or for the next start, which finds it again.
  private void deleteDropped() {
    boolean more = true;
    while (more) {
      Segment oldest;
      synchronized (this) {
        oldest = dropped.getFirst();
      }
      boolean deleted = delete(oldest);
      boolean last;
      synchronized (this) {
        if (deleted) {
          dropped.removeFirst();
        }
        more = deleted && !dropped.isEmpty();
        deleting = more;
        last = finished && !more;
      }
      if (last) {
        closed.tryComplete();
      }
    }
  }

  private boolean delete(Segment segment) {
    try {
      disk.delete(segment.path);
      disk.syncDirectory(directory);
      return true;
    } catch (TidemarkException e) {
      metrics.abandonFailures.increment();
      LOGGER.warn("log: a trimmed segment could not be deleted, the next trim tries again: {}", e.getMessage());
      return false;
    }
  }

  Future<Void> close() {
    boolean start;
    synchronized (this) {
      if (closing) {
        return closed.future();
      }
      closing = true;
      start = !committing;
      committing = true;
    }
    if (start) {
      startCommit();
    }
    return closed.future();
  }

  private void finish() {
    List<Waiting> abandoned;
    synchronized (this) {
      abandoned = List.copyOf(waiting);
      waiting.clear();
    }
    try {
      markEnd();
    } catch (TidemarkException e) {
      // Everything acknowledged is durable already; only the next start will take the last group for a possible torn write.
      LOGGER.warn("log: the end mark could not be written: {}", e.getMessage());
    }
    abandoned.forEach(read -> Replies.fail(read.promise, closingFailure()));
    boolean last;
    synchronized (this) {
      finished = true;
      last = !deleting;
    }
    if (last) {
      closed.tryComplete();
    }
  }

  private void markEnd() {
    SegmentWriter last = writer;
    writer = null;
    if (last != null) {
      try {
        frames.clear();
        SegmentFormat.putFrame(frames, SegmentFormat.END_MARK, 0, written, new byte[0]);
        last.append(frames.flip());
      } finally {
        last.close();
      }
    }
  }

  synchronized long begin() {
    return segments.isEmpty() ? next : segments.firstKey();
  }

  private synchronized long next() {
    return next;
  }

  synchronized long end() {
    return end;
  }

  synchronized int segments() {
    return segments.size();
  }

  synchronized long storedBytes() {
    return segments.values().stream().mapToLong(Segment::limit).sum();
  }

  synchronized long recentBytes() {
    return recent.bytes();
  }

  synchronized int waitingReads() {
    return waiting.size();
  }
}
