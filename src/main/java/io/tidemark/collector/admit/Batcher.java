package io.tidemark.collector.admit;

import io.tidemark.log.BatchWriter;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Decides when the batch of one loop closes.
///
/// A batch closes at once when no flush is under way and none began just now (a lone request waits for nothing), otherwise when both are
/// over, at the latest after a few milliseconds, and before that when it is full. So requests share records, and with them writes and
/// syncs, exactly as much as the log and the loop are busy. Owned by one loop.
public final class Batcher {
  private final BatchWriter writer;
  private final Loop loop;
  private final BatcherLimits limits;
  private final Clock clock;
  private final Histogram age;
  private final Histogram durable;
  private final Counter failures;

  private Promise<Void> open = Promise.promise();
  private boolean isDirty;
  private long openedNanos;
  private int flushesUnderWay;
  /// Whether the last flush began less than the pause ago.
  private boolean pauses;
  private Optional<Timers.Timer> deadline = Optional.empty();
  /// Flushes that were needed in the midst of the current request.
  private final List<Future<Void>> earlier = new ArrayList<>();
  private long labelBytesPending;

  public Batcher(BatchWriter writer, Loop loop, BatcherLimits limits, Clock clock, Metrics metrics) {
    this.writer = writer;
    this.loop = loop;
    this.limits = limits;
    this.clock = clock;
    age = metrics.histogram("tidemark_collector_batch_age_seconds", "From a batch's first sample to its flush.", Histogram.SECONDS);
    durable = metrics.histogram("tidemark_collector_flush_seconds", "From a batch's flush until the log has it.", Histogram.SECONDS);
    failures = metrics.counter("tidemark_collector_flush_failures_total", "Batches that the log refused.");
  }

  /// The writer of the open batch. Its handles are valid until {@link #boundary}, {@link #finish} or the next turn of the loop.
  public BatchWriter writer() {
    return writer;
  }

  /// Notes that something was added to the open batch, `labelBytes` of them new labels.
  public void touch(long labelBytes) {
    labelBytesPending += labelBytes;
    if (!isDirty) {
      isDirty = true;
      openedNanos = clock.nanos();
    }
  }

  /// Between two series of a request: flushes when the batch is full, which ends all handles.
  ///
  /// @return whether it did
  public boolean boundary() {
    boolean isFull = writer.pendingSamples() >= limits.samplesMax() || labelBytesPending >= limits.labelBytesMax();
    if (isFull) {
      earlier.add(open.future());
      flush();
    }
    return isFull;
  }

  /// Ends a request. Completes, on the loop, when all that was added since the previous `finish` is durable.
  public Future<Void> finish() {
    assert loop.isCurrent();
    boundary();
    var waits = new ArrayList<>(earlier);
    earlier.clear();
    if (isDirty) {
      waits.add(open.future());
      flushIfIdle();
      if (isDirty && deadline.isEmpty()) {
        deadline = Optional.of(loop.after(limits.delayMillis(), this::flushAtDeadline));
      }
    }
    return switch (waits.size()) {
      case 0 -> Future.succeededFuture();
      case 1 -> waits.getFirst();
      default -> Future.join(waits).mapEmpty();
    };
  }

  private void flushIfIdle() {
    if (isDirty && flushesUnderWay == 0 && !pauses) {
      flush();
    }
  }

  private void flushAtDeadline() {
    deadline = Optional.empty();
    if (isDirty) {
      flush();
    }
  }

  private void flush() {
    deadline.ifPresent(Timers.Timer::cancel);
    deadline = Optional.empty();
    Promise<Void> closing = open;
    open = Promise.promise();
    isDirty = false;
    labelBytesPending = 0;
    flushesUnderWay++;
    pause();
    long startNanos = clock.nanos();
    age.observeNanos(openedNanos, startNanos);
    writer.flush().onComplete(result -> onLoop(() -> ended(closing, startNanos, result)));
  }

  private void ended(Promise<Void> closing, long startNanos, AsyncResult<Void> result) {
    flushesUnderWay--;
    durable.observeNanos(startNanos, clock.nanos());
    if (result.succeeded()) {
      closing.complete();
    } else {
      failures.increment();
      closing.fail(result.cause());
    }
    flushIfIdle();
  }

  private void pause() {
    if (!pauses) {
      pauses = true;
      loop.after(limits.pauseMillis(), () -> {
        pauses = false;
        flushIfIdle();
      });
    }
  }

  private void onLoop(Runnable work) {
    if (loop.isCurrent()) {
      work.run();
    } else {
      loop.execute(work);
    }
  }
}
