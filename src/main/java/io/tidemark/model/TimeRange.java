package io.tidemark.model;

/// A span of time, `[startMillis, endMillis)`: start inclusive, end exclusive, milliseconds since 1970 UTC.
public record TimeRange(long startMillis, long endMillis) {
  public static final TimeRange ALL = new TimeRange(Long.MIN_VALUE, Long.MAX_VALUE);

  public TimeRange {
    if (endMillis < startMillis) {
      throw new IllegalArgumentException("range ends at " + endMillis + ", before its start " + startMillis);
    }
  }

  /// PromQL's left-open window `(afterMillis, untilMillis]`. The only place where the two conventions meet.
  public static TimeRange leftOpen(long afterMillis, long untilMillis) {
    return new TimeRange(plusOne(afterMillis), plusOne(untilMillis));
  }

  private static long plusOne(long millis) {
    return millis == Long.MAX_VALUE ? millis : millis + 1;
  }

  public boolean contains(long millis) {
    return millis >= startMillis && millis < endMillis;
  }
}
