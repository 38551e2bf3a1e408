package io.tidemark.api.remoteread;

/// The bits of a chunk, read one by one. Slow and obvious.
final class BitSource {
  private static final int[] WIDTHS = {0, 3, 6, 9, 12, 18, 25, 56, 64};

  private final byte[] bytes;
  private int bit;

  BitSource(byte[] bytes) {
    this.bytes = bytes;
  }

  long read(int count) {
    long value = 0;
    for (int i = 0; i < count; i++, bit++) {
      value = value << 1 | bytes[bit >>> 3] >>> 7 - (bit & 7) & 1;
    }
    return value;
  }

  /// Ones up to a zero, or `max` of them.
  int ones(int max) {
    int ones = 0;
    while (ones < max && read(1) == 1) {
      ones++;
    }
    return ones;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      long b = read(8);
      value |= (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
  }

  /// A number of so many bits, of which the largest half but one is negative.
  long signed(int width) {
    long raw = read(width);
    return width > 0 && width < 64 && raw > 1L << width - 1 ? raw - (1L << width) : raw;
  }

  long signed() {
    return signed(WIDTHS[ones(8)]);
  }

  long unsigned() {
    return read(WIDTHS[ones(8)]);
  }

  /// Fails when there are bytes that nobody read.
  void end() {
    if (bit + 7 >>> 3 != bytes.length) {
      throw new IllegalArgumentException("chunk of " + bytes.length + " bytes, samples end at bit " + bit);
    }
  }

  /// One column of floats.
  final class Column {
    private long value;
    private int leading;
    private int meaningful;

    double first() {
      value = read(64);
      return Double.longBitsToDouble(value);
    }

    double next() {
      if (read(1) == 1) {
        if (read(1) == 1) {
          leading = (int) read(5);
          meaningful = (int) read(6);
          meaningful = meaningful == 0 ? 64 : meaningful;
        }
        value ^= read(meaningful) << 64 - leading - meaningful;
      }
      return Double.longBitsToDouble(value);
    }
  }
}
