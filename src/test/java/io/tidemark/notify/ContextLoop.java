package io.tidemark.notify;

import io.tidemark.time.Loop;
import io.vertx.core.Context;
import io.vertx.core.Vertx;

/// A real Vert.x event loop, for tests that go over the network.
final class ContextLoop implements Loop {
  private final Vertx vertx;
  private final Context context;

  ContextLoop(Vertx vertx) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
  }

  @Override
  public boolean isCurrent() {
    return Vertx.currentContext() == context;
  }

  @Override
  public void execute(Runnable work) {
    context.runOnContext(_ -> work.run());
  }

  @Override
  public Timer after(long delayMillis, Runnable work) {
    var cancelled = new boolean[1];
    Runnable unlessCancelled = () -> {
      if (!cancelled[0]) {
        work.run();
      }
    };
    if (delayMillis == 0) {
      execute(unlessCancelled);
    } else {
      vertx.setTimer(delayMillis, _ -> unlessCancelled.run());
    }
    return () -> cancelled[0] = true;
  }
}
