package io.tidemark.server;

import io.tidemark.time.Loop;
import io.vertx.core.Context;
import io.vertx.core.Vertx;

/// A Vert.x event loop as a {@link Loop}.
final class VertxLoop implements Loop {
  private final Vertx vertx;
  private final Context context;
  private final Thread thread;

  /// Call on the event loop itself: its thread is the one that owns what belongs to this loop.
  ///
  /// @param context the event-loop context that runs the work
  VertxLoop(Vertx vertx, Context context) {
    this.vertx = vertx;
    this.context = context;
    this.thread = Thread.currentThread();
  }

  @Override
  public void execute(Runnable work) {
    context.runOnContext(_ -> work.run());
  }

  @Override
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  @Override
  public Timer after(long delayMillis, Runnable work) {
    if (delayMillis <= 0) {
      var once = new Once(work);
      execute(once);
      return once;
    }
    var id = new long[1];
    var once = new Once(work);
    context.runOnContext(_ -> id[0] = vertx.setTimer(delayMillis, _ -> once.run()));
    return () -> {
      once.cancel();
      context.runOnContext(_ -> vertx.cancelTimer(id[0]));
    };
  }

  /// Work that can be taken back before it runs.
  private static final class Once implements Runnable, Timer {
    private final Runnable work;
    private volatile boolean cancelled;

    Once(Runnable work) {
      this.work = work;
    }

    @Override
    public void run() {
      if (!cancelled) {
        work.run();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }
}
