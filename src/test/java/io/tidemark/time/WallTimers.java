package io.tidemark.time;

import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Timers by the wall clock on a thread of their own, for tests with real servers.
public final class WallTimers implements Timers, AutoCloseable {
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
    Thread made = new Thread(work, "test-timers");
    made.setDaemon(true);
    return made;
  });

  @Override
  public Timer after(long delayMillis, Runnable work) {
    Future<?> scheduled = thread.schedule(work, delayMillis, TimeUnit.MILLISECONDS);
    return () -> scheduled.cancel(false);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
