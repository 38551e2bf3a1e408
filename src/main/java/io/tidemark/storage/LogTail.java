package io.tidemark.storage;

import io.tidemark.log.BatchReader;
import io.tidemark.log.DeleteRecord;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.head.Head;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.vertx.core.AsyncResult;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows one partition of the log into a head: reads, applies a little at a time, tells how far it is.
///
/// The next read is under way while the records of the one before are applied, so that a log that is a round trip away does not hold up
/// a replay. A record that cannot be decoded is counted and passed over. A gap (the log no longer has the position) is counted and
/// jumped. A failed read is tried again after a pause that doubles up to a bound. While too many windows wait for their blocks nothing
/// is applied: the log keeps what it has, memory would not.
final class LogTail {
  private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);
  private static final int READ_BYTES_MIN = 64 << 10;
  private static final int READ_BYTES_MAX = 1 << 20;
  /// What the tails of all partitions may hold, two reads each.
  private static final long READ_BYTES_ALL = 64L << 20;
  /// Windows that may wait for their blocks; a disk that takes no blocks stops the tail here.
  private static final int SEALING_MAX = 32;
  private static final int WAITERS_MAX = 10_000;
  /// A decoder that grew past this for one large record is not kept: there is one a partition.
  private static final int KEPT_SAMPLES_MAX = 16 * 1024;
  /// Callers give up much earlier; this only frees what they left.
  private static final long WAIT_NANOS_MAX = 600_000_000_000L;
  /// The loop serves others at least this often.
  private static final long TURN_NANOS_MAX = 1_000_000;
  private static final int TURN_RECORDS_MAX = 64;
  private static final long GROWN_BYTES = 4L << 20;
  private static final long RETRY_MILLIS_MIN = 50;
  private static final long RETRY_MILLIS_MAX = 5_000;

  private record Waiter(long position, long sinceNanos, Promise<Void> promise) {}

  private final int partition;
  private final Log log;
  private final Loop loop;
  private final Clock clock;
  private final Head head;
  private BatchReader reader = new BatchReader();
  private final PriorityQueue<Waiter> waiters = new PriorityQueue<>(Comparator.comparingLong(Waiter::position));
  private final Counter damaged;
  private final Counter gaps;
  private final Counter readFailures;
  private final Counter stalls;
  private final int readBytes;
  private final Changes changes;
  private volatile long applied;
  private volatile boolean closed;
  private boolean paused;
  private boolean isScheduled;
  private boolean isStalled;
  /// Whether it is the shard's own tail, which has someone to make blocks of what it cuts.
  private Optional<Runnable> whenCut = Optional.empty();
  private Optional<Runnable> whenGrown = Optional.empty();
  /// The applied bytes when that was told last.
  private long grownBytes;
  private List<LogRecord> pending = List.of();
  private int pendingIndex;
  /// What the next read brought meanwhile.
  private List<LogRecord> ahead = List.of();
  private boolean isReading;
  /// Where the next read begins: after all that is pending and ahead.
  private long readFrom;
  private long retryMillis = RETRY_MILLIS_MIN;
  private long appliedBytes;
  private final UnknownSeries unknownSeries;

  /// @param from the first position to apply
  /// @param changes told before what was applied counts as visible
  LogTail(int partition, long from, Log log, Loop loop, Clock clock, Head head, Changes changes, Metrics metrics) {
    this.changes = changes;
    this.partition = partition;
    this.log = log;
    this.loop = loop;
    this.clock = clock;
    this.head = head;
    applied = from;
    readFrom = from;
    unknownSeries = new UnknownSeries(partition, clock);
    readBytes = Math.clamp(READ_BYTES_ALL / 2 / log.partitions(), READ_BYTES_MIN, READ_BYTES_MAX);
    String shard = String.valueOf(partition);
    damaged = metrics.counter("tidemark_storage_damaged_records_total", "Log records that storage could not decode.", "shard", shard);
    gaps = metrics.counter("tidemark_storage_log_gaps_total", "Times the log no longer had the next record.", "shard", shard);
    readFailures = metrics.counter("tidemark_storage_log_read_failures_total", "Log reads that failed.", "shard", shard);
    stalls = metrics.counter("tidemark_storage_stalls_total",
        "Times that following the log paused because " + SEALING_MAX + " windows waited for their blocks.", "shard", shard);
    metrics.gauge("tidemark_storage_applied_position", "The log position after the last record in the head.", () -> applied,
        "shard", shard);
    metrics.gauge("tidemark_storage_log_lag_records", "Durable log records that are not yet in the head.",
        () -> Math.max(0, log.end(partition) - applied), "shard", shard);
  }

  /// Begins to follow. On the loop.
  void start() {
    assert loop.isCurrent();
    readOn();
  }

  /// From now on `task` runs when windows were cut or a delete was applied, and somebody calls {@link #goOn} when their blocks are made. On
  /// the loop.
  void whenCut(Runnable task) {
    assert loop.isCurrent();
    whenCut = Optional.of(task);
  }

  /// From now on `task` runs each time that so much more of the log was applied that a checkpoint may be due. On the loop.
  void whenGrown(Runnable task) {
    assert loop.isCurrent();
    whenGrown = Optional.of(task);
    grownBytes = appliedBytes;
  }

  /// Goes on if it waited for blocks. On the loop.
  void goOn() {
    assert loop.isCurrent();
    if (isStalled) {
      schedule();
    }
  }

  /// The position after the last applied record. Any thread.
  long applied() {
    return applied;
  }

  /// Bytes of records applied since the start. The loop's alone.
  long appliedBytes() {
    return appliedBytes;
  }

  /// Completes `promise` when everything before `position` is applied. On the loop.
  void reached(long position, Promise<Void> promise) {
    assert loop.isCurrent();
    if (applied >= position) {
      promise.complete();
    } else if (closed) {
      promise.fail(closing());
    } else if (waiters.size() >= WAITERS_MAX) {
      promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, WAITERS_MAX + " reads wait already for shard " + partition
          + " to follow the log; it is at " + applied + ", asked for was " + position));
    } else {
      waiters.add(new Waiter(position, clock.nanos(), promise));
    }
  }

  /// Lets go of waiters that nobody can still wait for. On the loop.
  void expireWaiters() {
    assert loop.isCurrent();
    long now = clock.nanos();
    List<Waiter> expired = waiters.stream().filter(waiter -> now - waiter.sinceNanos > WAIT_NANOS_MAX).toList();
    waiters.removeAll(expired);
    expired.forEach(waiter -> waiter.promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "shard " + partition + " is at " + applied
        + " of the log and did not reach " + waiter.position + " within " + WAIT_NANOS_MAX / 1_000_000_000 + " s")));
  }

  /// Logs samples of unknown series that are not told yet. On the loop.
  void tellUnknownSeries() {
    assert loop.isCurrent();
    unknownSeries.tell();
  }

  private TidemarkException closing() {
    return new TidemarkException(ErrorCode.UNAVAILABLE, "storage closes; shard " + partition + " does not follow the log any more");
  }

  /// Stops applying, so that another tail of the same partition can draw level. Waiters stay. On the loop.
  void pause() {
    assert loop.isCurrent();
    paused = true;
  }

  /// Goes on after {@link #pause}. On the loop.
  void resume() {
    assert loop.isCurrent();
    paused = false;
    schedule();
  }

  /// Stops following and hands the waiters to a tail that is as far. On the loop.
  void handOver(LogTail to) {
    assert loop.isCurrent() && to.applied >= applied;
    closed = true;
    to.waiters.addAll(waiters);
    waiters.clear();
    to.completeReached();
  }

  /// Stops following; waiters fail. On the loop.
  void close() {
    assert loop.isCurrent();
    closed = true;
    while (!waiters.isEmpty()) {
      waiters.poll().promise.fail(closing());
    }
  }

  private void readOn() {
    if (!closed && !isReading && ahead.isEmpty()) {
      isReading = true;
      read();
    }
  }

  private void read() {
    if (!closed) {
      log.read(partition, readFrom, readBytes).onComplete(result -> loop.execute(() -> take(result)));
    }
  }

  private void take(AsyncResult<List<LogRecord>> result) {
    if (closed) {
      return;
    }
    if (result.succeeded()) {
      retryMillis = RETRY_MILLIS_MIN;
      isReading = false;
      ahead = result.result();
      readFrom = ahead.getLast().position() + 1;
      schedule();
      return;
    }
    long begin = log.begin(partition);
    if (result.cause() instanceof TidemarkException e && e.code() == ErrorCode.NOT_FOUND && begin > readFrom) {
      gaps.increment();
      LOG.atError().addKeyValue("shard", partition).addKeyValue("from", readFrom).addKeyValue("to", begin)
          .log("The log no longer has records that storage has not seen; what they held is lost");
      readFrom = begin;
      isReading = false;
      readOn();
      schedule();
      return;
    }
    readFailures.increment();
    LOG.atWarn().addKeyValue("shard", partition).addKeyValue("position", readFrom).addKeyValue("reason", result.cause().getMessage())
        .log("Cannot read the log; trying again");
    loop.after(retryMillis, this::read);
    retryMillis = Math.min(RETRY_MILLIS_MAX, retryMillis * 2);
  }

  private void schedule() {
    if (!isScheduled) {
      isScheduled = true;
      loop.execute(this::applySome);
    }
  }

  private void applySome() {
    isScheduled = false;
    if (closed || paused) {
      return;
    }
    if (pendingIndex == pending.size()) {
      pending = ahead;
      pendingIndex = 0;
      ahead = List.of();
      readOn();
    }
    boolean isCut = applyTurn();
    if (isCut) {
      whenCut.ifPresent(Runnable::run);
    }
    if (appliedBytes - grownBytes >= GROWN_BYTES) {
      grownBytes = appliedBytes;
      whenGrown.ifPresent(Runnable::run);
    }
    completeReached();
    if (isStalled) {
      stalls.increment();
    } else if (pendingIndex < pending.size() || !ahead.isEmpty()) {
      schedule();
    }
  }

  /// Applies records for a while. Tells whether a window was cut or a delete applied.
  private boolean applyTurn() {
    long start = clock.nanos();
    long next = applied;
    boolean isCut = false;
    isStalled = false;
    int records = 0;
    while (pendingIndex < pending.size() && records++ < TURN_RECORDS_MAX && clock.nanos() - start < TURN_NANOS_MAX) {
      if (whenCut.isPresent() && head.sealingCount() >= SEALING_MAX) {
        isStalled = true;
        break;
      }
      LogRecord record = pending.get(pendingIndex++);
      isCut |= apply(record);
      next = record.position() + 1;
      isCut |= head.endRecord(next, record.bytes().length);
    }
    if (pendingIndex == pending.size()) {
      pending = List.of();
      pendingIndex = 0;
      // Further than the last record after a gap.
      next = ahead.isEmpty() ? Math.max(next, readFrom) : next;
    }
    long unknown = head.takeUnknownSamples();
    // A tail that only draws level meets what the shard's own has told.
    if (unknown > 0 && whenCut.isPresent()) {
      unknownSeries.add(unknown, next);
    }
    long changedFromMillis = head.takeChangedFromMillis();
    if (changedFromMillis != Long.MAX_VALUE) {
      changes.add(changedFromMillis);
    }
    applied = next;
    return isCut;
  }

  private void completeReached() {
    List<Promise<Void>> reached = new ArrayList<>();
    while (!waiters.isEmpty() && waiters.peek().position <= applied) {
      reached.add(waiters.poll().promise);
    }
    reached.forEach(Promise::complete);
  }

  /// Tells whether it was a delete. One with a pattern that this release does not know is passed over as a damaged record is.
  private boolean apply(LogRecord record) {
    appliedBytes += record.bytes().length;
    try {
      if (DeleteRecord.is(record.bytes())) {
        head.erase(new Tombstone(record.position() + 1, DeleteRecord.decode(record.bytes())));
        return true;
      }
      reader.read(record.bytes());
    } catch (TidemarkException e) {
      damaged.increment();
      LOG.atError().addKeyValue("shard", partition).addKeyValue("position", record.position()).addKeyValue("reason", e.getMessage())
          .log("A log record cannot be decoded and is passed over");
      return false;
    }
    head.apply(reader);
    if (reader.samples() > KEPT_SAMPLES_MAX) {
      reader = new BatchReader();
    }
    return false;
  }
}
