package io.tidemark.collector.admit;

/// When a batch closes at the latest.
///
/// @param samplesMax    samples in it
/// @param labelBytesMax bytes of labels defined in it
/// @param delayMillis   age of its first sample while another flush is under way
public record BatcherLimits(int samplesMax, long labelBytesMax, long delayMillis) {
  public static final BatcherLimits DEFAULT = new BatcherLimits(50_000, 8L << 20, 10);
}
