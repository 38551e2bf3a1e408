package io.tidemark.notify;

import io.tidemark.time.Loop;
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
