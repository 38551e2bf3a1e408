package io.tidemark.time;

/// A loop that runs everything at once on the caller's thread; its timers never fire.
public final class DirectLoop implements Loop {
  @Override
  public boolean isCurrent() {
    return true;
  }

  @Override
  public void execute(Runnable work) {
    work.run();
  }

  @Override
  public Timer after(long delayMillis, Runnable work) {
    return () -> {};
  }
}
