package io.tidemark.guard;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/// Guards the calls to one outside system. Safe on any thread.
///
/// An attempt that fails with an answer of the system itself (`CONFLICT`, `NOT_FOUND`, `BAD_DATA`, `TOO_LARGE`, `CORRUPT`,
/// `NOT_SUPPORTED`) proves that it is there: such a failure is given to the caller as it is, never retried, and closes the circuit.
/// Every other failure counts against it.
public final class Guard {
  /// Whether calls go through.
  public enum State { CLOSED, HALF_OPEN, OPEN }

  private final GuardConfig config;
  private final Timers timers;
  private final Clock clock;
  private final Counter failures;
  private final Counter retries;
  private final Counter refused;
  private final Counter opened;

  // Guarded by this.
  private int failuresInRow;
  private boolean open;
  private boolean probing;
  private long openUntilNanos;
  private String lastFailure = "";

  public Guard(GuardConfig config, Timers timers, Clock clock, Metrics metrics) {
    this.config = config;
    this.timers = timers;
    this.clock = clock;
    String system = config.system();
    failures = metrics.counter("tidemark_guard_failures_total", "Failed or timed-out attempts on an outside system.", "system", system);
    retries = metrics.counter("tidemark_guard_retries_total", "Attempts on an outside system that were made again.", "system", system);
    refused = metrics.counter("tidemark_guard_refused_total", "Calls that an open circuit refused.", "system", system);
    opened = metrics.counter("tidemark_guard_opened_total", "Times the circuit of an outside system opened.", "system", system);
    metrics.gauge("tidemark_guard_state", "Circuit of an outside system: 0 closed, 1 half open, 2 open.", () -> state().ordinal(),
        "system", system);
  }

  /// Makes the call, again after a failure as often as configured, each attempt with its own deadline.
  ///
  /// Fails with what the last attempt failed with; `TIMEOUT` for one that gave no answer in time; `UNAVAILABLE` when the circuit is
  /// open. What is asked for must be harmless to ask for twice: an attempt that timed out may still have had its effect.
  public <T> Future<T> call(Supplier<Future<T>> attempt) {
    return attempt(attempt, 0);
  }

  /// As {@link #call}, but never a second attempt.
  public <T> Future<T> once(Supplier<Future<T>> attempt) {
    return attempt(attempt, config.retryMillis().size());
  }

  private <T> Future<T> attempt(Supplier<Future<T>> attempt, int number) {
    if (!admit()) {
      refused.increment();
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, config.system() + " is away (" + lastFailure()
          + "); its circuit is open and probes it every " + config.openMillis() + " ms"));
    }
    return withDeadline(attempt).transform(result -> {
      if (result.succeeded() || isAnswer(result.cause())) {
        succeeded();
        return done(result);
      }
      failed(result.cause());
      if (number >= config.retryMillis().size()) {
        return done(result);
      }
      retries.increment();
      Promise<T> again = Promise.promise();
      timers.after(config.retryMillis().get(number), () -> attempt(attempt, number + 1).onComplete(again));
      return again.future();
    });
  }

  private static <T> Future<T> done(AsyncResult<T> result) {
    return result.succeeded() ? Future.succeededFuture(result.result()) : Future.failedFuture(result.cause());
  }

  private static boolean isAnswer(Throwable failure) {
    return failure instanceof TidemarkException known && switch (known.code()) {
      case CONFLICT, NOT_FOUND, BAD_DATA, TOO_LARGE, CORRUPT, NOT_SUPPORTED, EXECUTION, TOO_EXPENSIVE, CANCELED -> true;
      case TIMEOUT, RATE_LIMITED, UNAVAILABLE, DISK_FULL, DISK_FAILED, INTERNAL -> false;
    };
  }

  private <T> Future<T> withDeadline(Supplier<Future<T>> attempt) {
    Promise<T> promise = Promise.promise();
    Timers.Timer deadline = timers.after(config.timeoutMillis(), () -> promise.tryFail(new TidemarkException(ErrorCode.TIMEOUT,
        config.system() + " gave no answer within " + config.timeoutMillis() + " ms")));
    Future<T> running;
    try {
      running = attempt.get();
    } catch (RuntimeException e) {
      running = Future.failedFuture(e);
    }
    running.onComplete(result -> {
      deadline.cancel();
      if (result.succeeded()) {
        promise.tryComplete(result.result());
      } else {
        promise.tryFail(result.cause());
      }
    });
    return promise.future();
  }

  private synchronized boolean admit() {
    if (!open) {
      return true;
    }
    if (probing || clock.nanos() - openUntilNanos < 0) {
      return false;
    }
    probing = true;
    return true;
  }

  private synchronized void succeeded() {
    failuresInRow = 0;
    open = false;
    probing = false;
  }

  private synchronized void failed(Throwable cause) {
    failures.increment();
    failuresInRow++;
    probing = false;
    lastFailure = String.valueOf(cause.getMessage());
    if (failuresInRow >= config.failuresToOpen()) {
      if (!open) {
        opened.increment();
      }
      open = true;
      openUntilNanos = clock.nanos() + config.openMillis() * 1_000_000;
    }
  }

  private synchronized String lastFailure() {
    return lastFailure;
  }

  public String system() {
    return config.system();
  }

  public synchronized State state() {
    return !open ? State.CLOSED : probing ? State.HALF_OPEN : State.OPEN;
  }
}
