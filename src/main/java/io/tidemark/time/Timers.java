package io.tidemark.time;

/// Runs work later.
public interface Timers {
  /// Runs `work` once, `delayMillis` from now (0 or more, by the monotonic clock), where this object's work runs.
  Timer after(long delayMillis, Runnable work);

  /// A scheduled piece of work.
  interface Timer {
    /// Takes it back; does nothing when it has run or was cancelled before.
    void cancel();
  }
}
