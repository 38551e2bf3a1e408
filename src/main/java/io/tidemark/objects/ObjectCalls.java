package io.tidemark.objects;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// Makes the calls of one store: blocking work on the store's threads, so many at once, a bounded number waiting. For the rooms of this
/// house. Any thread.
public final class ObjectCalls {
  /// How a call is attempted: once, or under a guard.
  public interface Attempts {
    <T> Future<T> call(Supplier<Future<T>> attempt);
  }

  private final String store;
  private final ObjectLimits limits;
  private final Executor executor;
  private final Attempts attempts;
  private final Clock clock;
  private final Metrics metrics;
  private final Counter refused;
  private final Counter readBytes;
  private final Counter writtenBytes;

  // Guarded by this.
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private int running;

  /// @param store what messages call the store
  public ObjectCalls(String store, ObjectLimits limits, Executor executor, Attempts attempts, Clock clock, Metrics metrics) {
    this.store = store;
    this.limits = limits;
    this.executor = executor;
    this.attempts = attempts;
    this.clock = clock;
    this.metrics = metrics;
    refused = metrics.counter("tidemark_object_calls_refused_total", "Calls that found the store's queue full.");
    readBytes = metrics.counter("tidemark_object_read_bytes_total", "Bytes read from the object store.");
    writtenBytes = metrics.counter("tidemark_object_written_bytes_total", "Bytes sent to the object store.");
    metrics.gauge("tidemark_object_calls_waiting", "Calls that wait for others on the object store to end.", this::waiting);
    metrics.gauge("tidemark_object_calls_running", "Calls on the object store that run.", this::running);
  }

  private synchronized int waiting() {
    return waiting.size();
  }

  private synchronized int running() {
    return running;
  }

  /// Makes a call. `work` may run several times, and again after an attempt whose answer came too late.
  ///
  /// @param call what it is called on `/metrics`
  public <T> Future<T> run(String call, Callable<T> work) {
    Promise<T> promise = Promise.promise();
    Runnable start = () -> start(call, work, promise);
    synchronized (this) {
      if (running >= limits.concurrency()) {
        if (waiting.size() >= limits.waitingMax()) {
          refused.increment();
          return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, store + ": " + running + " calls run and "
              + waiting.size() + " wait, which is the most; try again later, or raise the store's concurrency or queue"));
        }
        waiting.add(start);
        return promise.future();
      }
      running++;
    }
    start.run();
    return promise.future();
  }

  private <T> void start(String call, Callable<T> work, Promise<T> promise) {
    long startNanos = clock.nanos();
    attempts.call(() -> local(work)).onComplete(result -> {
      next();
      metrics.histogram("tidemark_object_call_duration_seconds", "Time of calls on the object store, all attempts.", Histogram.SECONDS,
          "call", call).observeNanos(startNanos, clock.nanos());
      if (result.succeeded()) {
        promise.complete(result.result());
      } else {
        metrics.counter("tidemark_object_call_failures_total", "Calls on the object store that failed.", "call", call).increment();
        promise.fail(result.cause());
      }
    });
  }

  private void next() {
    Runnable next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        running--;
        return;
      }
    }
    next.run();
  }

  /// Runs work on the store's threads that does not touch the store: neither guarded nor counted.
  public <T> Future<T> local(Callable<T> work) {
    Promise<T> promise = Promise.promise();
    try {
      executor.execute(() -> execute(work, promise));
    } catch (RuntimeException e) {
      promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, store + ": takes no more calls: " + e.getMessage(), e));
    }
    return promise.future();
  }

  private <T> void execute(Callable<T> work, Promise<T> promise) {
    T result;
    try {
      result = work.call();
    } catch (TidemarkException e) {
      promise.fail(e);
      return;
    } catch (Exception e) {
      promise.fail(new TidemarkException(ErrorCode.INTERNAL, store + ": " + e, e));
      return;
    }
    promise.complete(result);
  }

  public void wasRead(long bytes) {
    readBytes.add(bytes);
  }

  public void wasWritten(long bytes) {
    writtenBytes.add(bytes);
  }
}
