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
import java.util.regex.Pattern;

/// Guards the calls to one outside system. Safe on any thread.
///
/// An attempt that fails with an answer of the system itself (`CONFLICT`, `NOT_FOUND`, `BAD_DATA`, `TOO_LARGE`, `CORRUPT`,
/// `NOT_SUPPORTED`) proves that it is there: such a failure is given to the caller as it is, never retried, and closes the circuit.
/// Every other failure counts against it.
public final class Guard {
  /// Whether calls go through.
  public enum State { CLOSED, HALF_OPEN, OPEN }

  /// How a guard stands at one moment.
  ///
  /// @param changedAtMillis     when the circuit opened, or if it is closed when it closed or the guard was made
  /// @param attempts            calls that reached for the system, each retry counted
  /// @param failures            attempts of which nothing says that the system is there
  /// @param retries             attempts that were made again
  /// @param refused             calls that the open circuit did not let through
  /// @param opened              times that it opened
  /// @param lastFailure         what the last of the failures said, cut to a length and without user and password; empty before the first
  /// @param lastFailureAtMillis when, 0 before the first
  public record Status(String system, State state, long changedAtMillis, long attempts, long failures, long retries, long refused,
      long opened, String lastFailure, long lastFailureAtMillis) {}

  private static final int FAILURE_CHARS_MAX = 400;
  /// What stands before the host in an address; clients like to repeat their address in what they throw.
  private static final Pattern USER_INFO = Pattern.compile("://[^/?#\\s]*@");
  /// What {@link #admit} gives to a call that must not be made, and to one while the circuit is closed.
  private static final long REFUSED = -1;
  private static final long ORDINARY = 0;

  private final GuardConfig config;
  private final Timers timers;
  private final Clock clock;
  private final Counter attempts;
  private final Counter failures;
  private final Counter retries;
  private final Counter refused;
  private final Counter opened;

  // Guarded by this.
  private int failuresInRow;
  private boolean open;
  private long probes;
  /// The number of the probe under way, 0 without one.
  private long probing;
  private long openUntilNanos;
  private long changedAtMillis;
  private String lastFailure = "";
  private long lastFailureAtMillis;

  public Guard(GuardConfig config, Timers timers, Clock clock, Metrics metrics) {
    this.config = config;
    this.timers = timers;
    this.clock = clock;
    changedAtMillis = clock.millis();
    String system = config.system();
    attempts = metrics.counter("tidemark_guard_attempts_total", "Attempts on an outside system, retries included.", "system", system);
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
    long ticket = admit();
    if (ticket == REFUSED) {
      refused.increment();
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, config.system() + " is away (" + lastFailure()
          + "); its circuit is open and probes it every " + config.openMillis() + " ms"));
    }
    attempts.increment();
    return withDeadline(attempt).transform(result -> {
      if (result.succeeded() || isAnswer(result.cause())) {
        succeeded();
        return done(result);
      }
      failed(result.cause(), ticket);
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

  private synchronized long admit() {
    if (!open) {
      return ORDINARY;
    }
    if (probing != 0 || clock.nanos() - openUntilNanos < 0) {
      return REFUSED;
    }
    probing = ++probes;
    return probing;
  }

  private synchronized void succeeded() {
    failuresInRow = 0;
    probing = 0;
    if (open) {
      open = false;
      changedAtMillis = clock.millis();
    }
  }

  /// A call from before the circuit opened may end long after; only the probe under way decides about the next one.
  private synchronized void failed(Throwable cause, long ticket) {
    failures.increment();
    failuresInRow++;
    lastFailure = text(cause);
    lastFailureAtMillis = clock.millis();
    boolean probeEnded = ticket != ORDINARY && ticket == probing;
    boolean opens = !open && failuresInRow >= config.failuresToOpen();
    if (opens) {
      opened.increment();
      open = true;
      changedAtMillis = lastFailureAtMillis;
    }
    if (probeEnded) {
      probing = 0;
    }
    if (opens || probeEnded) {
      openUntilNanos = clock.nanos() + config.openMillis() * 1_000_000;
    }
  }

  private static String text(Throwable cause) {
    String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    String bare = USER_INFO.matcher(message).replaceAll("://");
    return bare.length() <= FAILURE_CHARS_MAX ? bare : bare.substring(0, FAILURE_CHARS_MAX) + "…";
  }

  private synchronized String lastFailure() {
    return lastFailure;
  }

  public String system() {
    return config.system();
  }

  public synchronized State state() {
    return !open ? State.CLOSED : probing != 0 ? State.HALF_OPEN : State.OPEN;
  }

  /// How it stands now; never waits for the system.
  public synchronized Status status() {
    return new Status(config.system(), state(), changedAtMillis, attempts.value(), failures.value(), retries.value(), refused.value(),
        opened.value(), lastFailure, lastFailureAtMillis);
  }
}
