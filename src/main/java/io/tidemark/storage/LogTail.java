package io.tidemark.storage;

import io.tidemark.log.BatchReader;
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
import java.util.PriorityQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows one partition of the log into a head: reads, applies a little at a time, tells how far it is.
///
/// A record that cannot be decoded is counted and passed over. A gap (the log no longer has the position) is counted and jumped. A
/// failed read is tried again after a pause that doubles up to a bound.
final class LogTail {
  private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);
  static final int READ_BYTES_MAX = 1 << 20;
  /// The loop serves others at least this often.
  private static final long TURN_NANOS_MAX = 1_000_000;
  private static final int TURN_RECORDS_MAX = 64;
  private static final long RETRY_MILLIS_MIN = 50;
  private static final long RETRY_MILLIS_MAX = 5_000;

  private record Waiter(long position, Promise<Void> promise) {}

  private final int partition;
  private final Log log;
  private final Loop loop;
  private final Clock clock;
  private final Head head;
  private final BatchReader reader = new BatchReader();
  private final PriorityQueue<Waiter> waiters = new PriorityQueue<>(Comparator.comparingLong(Waiter::position));
  private final Counter damaged;
  private final Counter gaps;
  private final Counter readFailures;
  private volatile long applied;
  private volatile boolean closed;
  private boolean paused;
  private List<LogRecord> pending = List.of();
  private int pendingIndex;
  private long retryMillis = RETRY_MILLIS_MIN;
  private long appliedBytes;

  /// @param from the first position to apply
  LogTail(int partition, long from, Log log, Loop loop, Clock clock, Head head, Metrics metrics) {
    this.partition = partition;
    this.log = log;
    this.loop = loop;
    this.clock = clock;
    this.head = head;
    applied = from;
    String shard = String.valueOf(partition);
    damaged = metrics.counter("tidemark_storage_damaged_records_total", "Log records that storage could not decode.", "shard", shard);
    gaps = metrics.counter("tidemark_storage_log_gaps_total", "Times the log no longer had the next record.", "shard", shard);
    readFailures = metrics.counter("tidemark_storage_log_read_failures_total", "Log reads that failed.", "shard", shard);
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
    } else {
      waiters.add(new Waiter(position, promise));
    }
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
    applySome();
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
    if (!closed) {
      log.read(partition, applied, READ_BYTES_MAX).onComplete(result -> loop.execute(() -> take(result)));
    }
  }

  private void take(AsyncResult<List<LogRecord>> result) {
    if (closed) {
      return;
    }
    if (result.succeeded()) {
      retryMillis = RETRY_MILLIS_MIN;
      pending = result.result();
      pendingIndex = 0;
      applySome();
      return;
    }
    if (result.cause() instanceof TidemarkException e && e.code() == ErrorCode.NOT_FOUND && log.begin(partition) > applied) {
      gaps.increment();
      long begin = log.begin(partition);
      LOG.atError().addKeyValue("shard", partition).addKeyValue("from", applied).addKeyValue("to", begin)
          .log("The log no longer has records that storage has not seen; what they held is lost");
      applied = begin;
      readOn();
      return;
    }
    readFailures.increment();
    LOG.atWarn().addKeyValue("shard", partition).addKeyValue("position", applied).addKeyValue("reason", result.cause().getMessage())
        .log("Cannot read the log; trying again");
    loop.after(retryMillis, this::readOn);
    retryMillis = Math.min(RETRY_MILLIS_MAX, retryMillis * 2);
  }

  private void applySome() {
    if (closed || paused) {
      return;
    }
    long start = clock.nanos();
    long next = applied;
    int records = 0;
    while (pendingIndex < pending.size() && records++ < TURN_RECORDS_MAX && clock.nanos() - start < TURN_NANOS_MAX) {
      LogRecord record = pending.get(pendingIndex++);
      apply(record);
      next = record.position() + 1;
    }
    applied = next;
    completeReached();
    if (pendingIndex < pending.size()) {
      loop.execute(this::applySome);
    } else {
      pending = List.of();
      readOn();
    }
  }

  private void completeReached() {
    List<Promise<Void>> reached = new ArrayList<>();
    while (!waiters.isEmpty() && waiters.peek().position <= applied) {
      reached.add(waiters.poll().promise);
    }
    reached.forEach(Promise::complete);
  }

  private void apply(LogRecord record) {
    appliedBytes += record.bytes().length;
    try {
      reader.read(record.bytes());
    } catch (TidemarkException e) {
      damaged.increment();
      LOG.atError().addKeyValue("shard", partition).addKeyValue("position", record.position()).addKeyValue("reason", e.getMessage())
          .log("A log record cannot be decoded and is passed over");
      return;
    }
    head.apply(reader);
  }
}
