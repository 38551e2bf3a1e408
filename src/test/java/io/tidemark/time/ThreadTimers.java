package io.tidemark.time;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// Real timers on one thread, for tests against real servers.
public final class ThreadTimers implements Timers, AutoCloseable {
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(work -> Thread.ofPlatform().daemon().name("timers").unstarted(work));

  @Override
  public Timer after(long delayMillis, Runnable work) {
    ScheduledFuture<?> scheduled = thread.schedule(work, delayMillis, TimeUnit.MILLISECONDS);
    return () -> scheduled.cancel(false);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
