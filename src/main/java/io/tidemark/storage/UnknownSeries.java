package io.tidemark.storage;

import io.tidemark.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs that a shard's head left samples out because it does not know their series: at once, and then at most once a minute how many
/// there were since. On the shard's loop.
final class UnknownSeries {
  private static final Logger LOG = LoggerFactory.getLogger(UnknownSeries.class);
  private static final long PAUSE_NANOS = 60_000_000_000L;

  private final int shard;
  private final Clock clock;
  private long samples;
  private long position;
  private long nextNanos = Long.MIN_VALUE;

  UnknownSeries(int shard, Clock clock) {
    this.shard = shard;
    this.clock = clock;
  }

  /// @param count how many samples were left out
  /// @param end   the log position after the last record that had some
  void add(long count, long end) {
    samples += count;
    position = end;
    tell();
  }

  /// Logs what was not told yet, if it is time.
  void tell() {
    if (samples > 0 && clock.nanos() >= nextNanos) {
      LOG.atWarn().addKeyValue("shard", shard).addKeyValue("samples", samples).addKeyValue("before_position", position)
          .log("Samples were dropped because no record before them defines their series; the one that did was lost or damaged");
      samples = 0;
      nextNanos = clock.nanos() + PAUSE_NANOS;
    }
  }
}
