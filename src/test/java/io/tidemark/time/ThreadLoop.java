package io.tidemark.time;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// A loop on a thread of its own, for tests on real threads. Work that fails ends the test's patience, not the thread.
public final class ThreadLoop implements Loop, AutoCloseable {
  private final Thread[] thread = new Thread[1];
  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(work -> {
    thread[0] = Thread.ofPlatform().daemon().name("loop").unstarted(work);
    return thread[0];
  });

  @Override
  public boolean isCurrent() {
    return Thread.currentThread() == thread[0];
  }

  @Override
  public Timer after(long delayMillis, Runnable work) {
    ScheduledFuture<?> scheduled = executor.schedule(work, delayMillis, TimeUnit.MILLISECONDS);
    return () -> scheduled.cancel(false);
  }

  @Override
  public void execute(Runnable work) {
    executor.execute(work);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
