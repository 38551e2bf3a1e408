package io.tidemark.telemetry;

import java.util.concurrent.atomic.LongAdder;

/// A number that only grows. Safe on any thread, without contention between writers.
public final class Counter {
  private final LongAdder value = new LongAdder();

  Counter() {}

  public void increment() {
    value.increment();
  }

  /// Adds `n`, which must not be negative.
  public void add(long n) {
    assert n >= 0 : n;
    value.add(n);
  }

  public long value() {
    return value.sum();
  }
}
