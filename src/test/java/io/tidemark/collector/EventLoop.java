package io.tidemark.collector;

import io.tidemark.time.Loop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/// A real event loop for tests of sockets.
final class EventLoop implements Loop {
  private final Vertx vertx;
  private final Context context;
  private final Thread thread;

  EventLoop(Vertx vertx) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.thread = await(() -> Future.succeededFuture(Thread.currentThread()));
  }

  /// Runs `call` on the loop and waits for its future at most 20 s.
  <T> T await(Supplier<Future<T>> call) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(_ -> call.get().onComplete(promise));
    try {
      return promise.future().await(20, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no result within 20 s", e);
    }
  }

  @Override
  public void execute(Runnable work) {
    context.runOnContext(_ -> work.run());
  }

  @Override
  public boolean isCurrent() {
    // Requests run on contexts of their own on the same thread.
    return Thread.currentThread() == thread;
  }

  @Override
  public Timer after(long delayMillis, Runnable work) {
    long[] id = {0};
    boolean[] cancelled = {false};
    execute(() -> id[0] = cancelled[0] ? 0 : vertx.setTimer(Math.max(1, delayMillis), _ -> work.run()));
    return () -> {
      cancelled[0] = true;
      execute(() -> vertx.cancelTimer(id[0]));
    };
  }
}
