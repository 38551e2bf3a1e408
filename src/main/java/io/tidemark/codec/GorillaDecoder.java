package io.tidemark.codec;

/// Reads what {@link GorillaEncoder} wrote; the format is described there.
public final class GorillaDecoder {
  public long timestamp;
  public long delta;
  public long valueBits;
  public int leading = GorillaEncoder.NO_WINDOW;
  public int trailing;

  public void begin(long firstTimestamp, long firstValueBits) {
    timestamp = firstTimestamp;
    delta = 0;
    valueBits = firstValueBits;
    leading = GorillaEncoder.NO_WINDOW;
    trailing = 0;
  }

  /// Moves to the next sample. The caller knows how many there are.
  public void next(BitReader in) {
    delta += readChange(in);
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

  /// Reads what {@link GorillaEncoder#writeChange} wrote.
  static long readChange(BitReader in) {
    if (in.read(1) == 0) {
      return 0;
    }
    if (in.read(1) == 0) {
      return signed(in.read(6), 6);
    }
    if (in.read(1) == 0) {
      return signed(in.read(10), 10);
    }
    if (in.read(1) == 0) {
      return signed(in.read(16), 16);
    }
    return in.read(1) == 0 ? (int) in.read(32) : in.read(64);
  }

  private static long signed(long value, int bits) {
    return value << 64 - bits >> 64 - bits;
  }
}
