package io.tidemark.codec;

/// Writes samples as checkpoints until version 5 hold them: delta-of-delta timestamps and XORed values.
///
/// Timestamp: the difference of this delta to the one before, in 64-bit arithmetic that may wrap, so every gap is exact: `0` for
/// none, else `10`+6 bits, `110`+10, `1110`+16, `11110`+32 or `11111`+64, each a two's complement number. Value: XOR with the
/// value before: `0` for equal, `10` + the meaningful bits in the window of the last one, `11` + 5 bits leading zeros (31 at most)
/// + 6 bits (meaningful bits − 1) + those bits.
///
/// The first sample of a run is not written as bits: its owner keeps it whole and starts both sides with {@link #begin}.
/// Source: Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series database", VLDB 2015, with wider buckets.
final class GorillaEncoder {
  static final int NO_WINDOW = 0xff;
  long timestamp;
  long delta;
  long valueBits;
  /// Leading and trailing zeros of the last window, or {@link #NO_WINDOW}.
  int leading = NO_WINDOW;
  int trailing;

  void begin(long firstTimestamp, long firstValueBits) {
    timestamp = firstTimestamp;
    delta = 0;
    valueBits = firstValueBits;
    leading = NO_WINDOW;
    trailing = 0;
  }

  void append(BitWriter out, long nextTimestamp, long nextValueBits) {
    long nextDelta = nextTimestamp - timestamp;
    HistogramBits.writeChange(out, nextDelta - delta);
    timestamp = nextTimestamp;
    delta = nextDelta;
    writeValue(out, nextValueBits ^ valueBits);
    valueBits = nextValueBits;
  }

  private void writeValue(BitWriter out, long xor) {
    if (xor == 0) {
      out.write(0, 1);
      return;
    }
    int zerosBefore = Math.min(31, Long.numberOfLeadingZeros(xor));
    int zerosAfter = Long.numberOfTrailingZeros(xor);
    if (leading != NO_WINDOW && zerosBefore >= leading && zerosAfter >= trailing) {
      out.write(0b10, 2);
      out.write(xor >>> trailing, 64 - leading - trailing);
      return;
    }
    leading = zerosBefore;
    trailing = zerosAfter;
    int meaningful = 64 - zerosBefore - zerosAfter;
    out.write((0b11 << 5 | zerosBefore) << 6 | meaningful - 1, 13);
    out.write(xor >>> zerosAfter, meaningful);
  }
}
