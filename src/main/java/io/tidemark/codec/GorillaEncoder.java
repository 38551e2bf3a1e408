package io.tidemark.codec;

/// Writes samples as delta-of-delta timestamps and XORed values.
///
/// Timestamp: the difference of this delta to the one before, in 64-bit arithmetic that may wrap, so every gap is exact: `0` for
/// none, else `10`+6 bits, `110`+10, `1110`+16, `11110`+32 or `11111`+64, each a two's complement number. Value: XOR with the
/// value before: `0` for equal, `10` + the meaningful bits in the window of the last one, `11` + 5 bits leading zeros (31 at most)
/// + 6 bits (meaningful bits − 1) + those bits.
///
/// The first sample of a run is not written as bits: its owner keeps it whole and starts both sides with {@link #begin}.
/// Source: Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series database", VLDB 2015, with wider buckets.
public final class GorillaEncoder {
  public static final int NO_WINDOW = 0xff;
  public long timestamp;
  public long delta;
  public long valueBits;
  /// Leading and trailing zeros of the last window, or {@link #NO_WINDOW}.
  public int leading = NO_WINDOW;
  public int trailing;

  public void begin(long firstTimestamp, long firstValueBits) {
    timestamp = firstTimestamp;
    delta = 0;
    valueBits = firstValueBits;
    leading = NO_WINDOW;
    trailing = 0;
  }

  public void append(BitWriter out, long nextTimestamp, long nextValueBits) {
    long nextDelta = nextTimestamp - timestamp;
    writeChange(out, nextDelta - delta);
    timestamp = nextTimestamp;
    delta = nextDelta;
    writeValue(out, nextValueBits ^ valueBits);
    valueBits = nextValueBits;
  }

  /// Writes a number that is mostly 0 or near it.
  static void writeChange(BitWriter out, long change) {
    if (change == 0) {
      out.write(0, 1);
    } else if (change >= -32 && change < 32) {
      out.write(0b10 << 6 | change & 0x3f, 8);
    } else if (change >= -512 && change < 512) {
      out.write(0b110 << 10 | change & 0x3ff, 13);
    } else if (change >= -32768 && change < 32768) {
      out.write(0b1110 << 16 | change & 0xffff, 20);
    } else if (change == (int) change) {
      out.write(0b11110L << 32 | change & 0xffffffffL, 37);
    } else {
      out.write(0b11111, 5);
      out.write(change, 64);
    }
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
