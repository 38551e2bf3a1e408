package io.tidemark.query;

import io.tidemark.time.Loop;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;

/// A Vert.x event loop as a {@link Loop}.
final class ContextLoop implements Loop {
  private final Vertx vertx;
  private final Context context;
  private volatile Thread thread;

  ContextLoop(Vertx vertx) {
    this.vertx = vertx;
    context = ((VertxInternal) vertx).createEventLoopContext();
  }

  @Override
  public void execute(Runnable work) {
    context.runOnContext(_ -> {
      thread = Thread.currentThread();
      work.run();
    });
  }

  @Override
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  @Override
  public Timer after(long delayMillis, Runnable work) {
    long id = vertx.setTimer(Math.max(1, delayMillis), _ -> execute(work));
    return () -> vertx.cancelTimer(id);
  }
}
