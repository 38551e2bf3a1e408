package io.tidemark.storage;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/// Runs work that blocks or takes long on a worker and comes back to the loop with what it gave.
record Offload(Loop loop, Executor workers) {
  /// The future completes on the loop; what fails, fails with a `TidemarkException`.
  <T> Future<T> run(Callable<T> work) {
    Promise<T> promise = Promise.promise();
    try {
      workers.execute(() -> execute(work, promise));
    } catch (RuntimeException e) {
      promise.fail(new TidemarkException(ErrorCode.UNAVAILABLE, "storage: no worker takes more work: " + e.getMessage(), e));
    }
    return promise.future();
  }

  /// The same future, completed on the loop: log and source answer on threads of their own.
  <T> Future<T> here(Future<T> elsewhere) {
    Promise<T> promise = Promise.promise();
    elsewhere.onComplete(value -> loop.execute(() -> promise.complete(value)), e -> loop.execute(() -> promise.fail(e)));
    return promise.future();
  }

  private <T> void execute(Callable<T> work, Promise<T> promise) {
    try {
      T result = work.call();
      loop.execute(() -> promise.complete(result));
    } catch (TidemarkException e) {
      loop.execute(() -> promise.fail(e));
    } catch (Throwable e) {
      // Errors too: whoever waits for a future that never ends does no further job.
      loop.execute(() -> promise.fail(new TidemarkException(ErrorCode.INTERNAL, "storage: " + e, e)));
      if (e instanceof Error error) {
        throw error;
      }
    }
  }
}
