package io.tidemark.codec;

/// Reads a chunk of a checkpoint of version 5 or earlier: delta-of-delta timestamps and XORed values, drawn in
/// docs/formats/checkpoint.md.
///
/// Source: Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series database", VLDB 2015, with wider buckets.
public final class GorillaDecoder {
  public long timestamp;
  public long valueBits;
  private long delta;
  private int leading;
  private int trailing;

  public void begin(long firstTimestamp, long firstValueBits) {
    timestamp = firstTimestamp;
    delta = 0;
    valueBits = firstValueBits;
  }

  /// Moves to the next sample. The caller knows how many there are.
  public void next(BitReader in) {
    delta += HistogramBits.readChange(in);
    timestamp += delta;
    if (in.read(1) == 0) {
      return;
    }
    if (in.read(1) == 1) {
      int window = (int) in.read(11);
      leading = window >>> 6;
      trailing = 64 - leading - (window & 0x3f) - 1;
    }
    valueBits ^= in.read(64 - leading - trailing) << trailing;
  }
}
