package io.tidemark.collector.statsd;

import io.tidemark.model.LabelSet;

/// One metric with its tags, as it is between two flushes. One thread.
sealed interface Meter permits CountMeter, GaugeMeter, TimerMeter, SetMeter {
  /// What a line can be; `h` and `d` are timers whose values have no unit.
  enum Kind { COUNT, GAUGE, TIMER, DISTRIBUTION, SET }

  LabelSet labels();

  Kind kind();

  /// Writes what the meter has to say at a flush, and begins the next interval.
  void flush(Output output);

  /// The series of the meter, for the markers when it ends.
  void end(Output output);

  /// Where a meter writes.
  interface Output {
    /// Writes one sample.
    ///
    /// @param index  the number of the series within its meter, below 16
    /// @param series its labels
    void write(int index, LabelSet series, double value);
  }
}
