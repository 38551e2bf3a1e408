package io.tidemark.rules;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/// Brings futures back to the engine's loop, so that what it owns is touched by it alone.
final class OnLoop {
  private final Loop loop;
  private final Executor workers;

  OnLoop(Loop loop, Executor workers) {
    this.loop = loop;
    this.workers = workers;
  }

  /// `future`, ending on the loop.
  <T> Future<T> back(Future<T> future) {
    Promise<T> promise = Promise.promise();
    future.onComplete(result -> loop.execute(() -> promise.handle(result)));
    return promise.future();
  }

  /// `future`, ending on the loop, as a failure with `TIMEOUT` at the latest after `millis`.
  <T> Future<T> within(long millis, String what, Future<T> future) {
    Promise<T> promise = Promise.promise();
    Timers.Timer timer = loop.after(Math.max(0, millis), () -> promise.tryFail(
        new TidemarkException(ErrorCode.TIMEOUT, what + " took longer than " + millis + " ms")));
    future.onComplete(result -> loop.execute(() -> {
      timer.cancel();
      if (result.succeeded()) {
        promise.tryComplete(result.result());
      } else {
        promise.tryFail(result.cause());
      }
    }));
    return promise.future();
  }

  /// The value of `work`, computed by a worker.
  <T> Future<T> onWorker(Supplier<T> work) {
    Promise<T> promise = Promise.promise();
    try {
      workers.execute(() -> {
        try {
          promise.complete(work.get());
        } catch (RuntimeException e) {
          promise.fail(e);
        }
      });
    } catch (RejectedExecutionException e) {
      promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "the workers that expand templates take no more work", e));
    }
    return promise.future();
  }
}
