package io.tidemark.collector.admit;

/// When a batch closes at the latest.
///
/// @param samplesMax    samples in it
/// @param labelBytesMax bytes of labels defined in it
/// @param delayMillis   age of its first sample while another flush is under way
/// @param pauseMillis   from the begin of a flush to that of the next one that is not due to its size
public record BatcherLimits(int samplesMax, long labelBytesMax, long delayMillis, long pauseMillis) {
  public static final BatcherLimits DEFAULT = new BatcherLimits(50_000, 8L << 20, 10, 1);
}
