package io.tidemark.notify;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Loop;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/// Brings work and results of other threads onto a loop.
final class OnLoop {
  private OnLoop() {}

  /// A future that completes on `loop` with what `future` gives.
  static <T> Future<T> await(Loop loop, Future<T> future) {
    Promise<T> promise = Promise.promise();
    future.onComplete(result -> loop.execute(() -> {
      if (result.succeeded()) {
        promise.complete(result.result());
      } else {
        promise.fail(result.cause());
      }
    }));
    return promise.future();
  }

  /// As {@link #await}, but a failure at the latest after `millis`.
  static <T> Future<T> within(Loop loop, long millis, Future<T> future) {
    Promise<T> promise = Promise.promise();
    Timers.Timer timer = loop.after(millis, () -> promise.tryFail(
        new TidemarkException(ErrorCode.TIMEOUT, "no answer within " + millis + " ms")));
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

  /// Runs `work` on `loop`, at once if the caller is there already.
  static <T> Future<T> call(Loop loop, Supplier<T> work) {
    Promise<T> promise = Promise.promise();
    Runnable run = () -> {
      T value;
      try {
        value = work.get();
      } catch (RuntimeException e) {
        promise.fail(e);
        return;
      }
      promise.complete(value);
    };
    if (loop.isCurrent()) {
      run.run();
    } else {
      loop.execute(run);
    }
    return promise.future();
  }
}
