package io.tidemark.time;

/// Reads the time. Safe on any thread.
public interface Clock {
  /// Wall-clock milliseconds since 1970 UTC; may jump. For timestamps.
  long millis();

  /// Nanoseconds from an arbitrary origin that never go back. For durations and deadlines.
  long nanos();

  /// The machine's clock.
  static Clock system() {
    return SystemClock.INSTANCE;
  }
}
