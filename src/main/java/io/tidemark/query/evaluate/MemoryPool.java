package io.tidemark.query.evaluate;

import java.util.concurrent.atomic.AtomicLong;

/// The memory that all queries of a process share. Safe on any thread.
public final class MemoryPool {
  private final long bytesMax;
  private final AtomicLong held = new AtomicLong();

  public MemoryPool(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  public long bytesMax() {
    return bytesMax;
  }

  public long held() {
    return held.get();
  }

  /// Whether there were as many bytes left; if so they are taken.
  boolean take(long bytes) {
    long before;
    do {
      before = held.get();
      if (bytes > bytesMax - before) {
        return false;
      }
    } while (!held.compareAndSet(before, before + bytes));
    return true;
  }

  void give(long bytes) {
    held.addAndGet(-bytes);
  }
}
