package io.tidemark.storage.head;

/// What a head takes.
///
/// @param windowMillis     length of a window; windows begin at its multiples
/// @param outOfOrderMillis how much older than its series' newest sample a sample may be; `Long.MAX_VALUE` for any
/// @param backfillMillis   the same for a record that says it is a backfill; not less
/// @param windowsMax       windows that take samples at once; samples that would need another are refused
/// @param exemplarsMax     exemplars of all series together; 0 for none
public record HeadLimits(long windowMillis, long outOfOrderMillis, long backfillMillis, int windowsMax,
    int exemplarsMax) {
  /// Timestamps further than this from 1970 (about the years 1691 and 2248) are refused.
  public static final long TIMESTAMP_MAX_MILLIS = 1L << 43;

  public HeadLimits {
    if (windowMillis < 1 || windowMillis > Integer.MAX_VALUE || outOfOrderMillis < 0 || backfillMillis < outOfOrderMillis
        || windowsMax < 2
        || exemplarsMax < 0) {
      throw new IllegalArgumentException("window " + windowMillis + " ms, out of order " + outOfOrderMillis + " ms, of a backfill "
          + backfillMillis + " ms, windows " + windowsMax + ", exemplars " + exemplarsMax);
    }
  }
}
