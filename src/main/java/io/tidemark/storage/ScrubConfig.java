package io.tidemark.storage;

import io.tidemark.config.Section;

/// How often and how fast blocks are read to find damage before a query does.
///
/// @param intervalMillis from the end of one round over a shard's blocks to the begin of the next; `Long.MAX_VALUE` for never
/// @param bytesPerSecond read at most, all shards of the log together
public record ScrubConfig(long intervalMillis, long bytesPerSecond) {
  private static final long HOUR = 3_600_000;
  public static final ScrubConfig DEFAULT = new ScrubConfig(7 * 24 * HOUR, 16 << 20);
  private static final long BYTES_MIN = 64 << 10;

  public ScrubConfig {
    if (intervalMillis < 1_000 || bytesPerSecond < BYTES_MIN) {
      throw new IllegalArgumentException("a scrub each " + intervalMillis + " ms with " + bytesPerSecond + " bytes a second");
    }
  }

  /// Reads the keys `scrub_interval` and `scrub_rate` of a section.
  static ScrubConfig read(Section section) {
    long interval = section.durationMillisOrUnlimited("scrub_interval", DEFAULT.intervalMillis);
    long rate = section.bytes("scrub_rate", DEFAULT.bytesPerSecond);
    if (interval < HOUR) {
      section.problem("scrub_interval", "storage.scrub_interval: expected at least 1h, or unlimited for never");
      interval = DEFAULT.intervalMillis;
    }
    if (rate < BYTES_MIN) {
      section.problem("scrub_rate", "storage.scrub_rate: expected at least 64KiB");
      rate = DEFAULT.bytesPerSecond;
    }
    return new ScrubConfig(interval, rate);
  }

  boolean isOff() {
    return intervalMillis == Long.MAX_VALUE;
  }
}
