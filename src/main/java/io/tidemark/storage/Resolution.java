package io.tidemark.storage;

/// How finely stored samples are told: as they came, or a few for each bucket of time.
///
/// A bucket is left-open, `(k * bucketMillis - bucketMillis, k * bucketMillis]`, as PromQL's windows are, so that a window whose ends are
/// multiples of it consists of whole buckets.
public enum Resolution {
  RAW("raw", 1), FIVE_MINUTES("5m", 300_000), HOUR("1h", 3_600_000);

  private final String text;
  private final long bucketMillis;

  Resolution(String text, long bucketMillis) {
    this.text = text;
    this.bucketMillis = bucketMillis;
  }

  public String text() {
    return text;
  }

  public long bucketMillis() {
    return bucketMillis;
  }

  /// Whether a time ends a bucket.
  public boolean divides(long millis) {
    return millis % bucketMillis == 0;
  }

  /// The number of the bucket that a time is in.
  long bucket(long millis) {
    return Math.floorDiv(millis - 1, bucketMillis);
  }
}
