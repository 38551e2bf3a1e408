package io.tidemark.api.remoteread;

/// One column of floats in a chunk: each as its XOR with the one before.
///
/// `0` for the same; `10` and the bits of the window of meaningful bits last told; `11`, leading zeros in 5 bits, meaningful bits in 6
/// (0 for 64), then those bits. One thread; reused.
final class XorValue {
  private long before;
  private int leading;
  private int trailing;

  /// The first of the column, whole.
  void first(ChunkBits out, double value) {
    before = Double.doubleToRawLongBits(value);
    leading = -1;
    trailing = 0;
    out.add(before, 64);
  }

  void next(ChunkBits out, double value) {
    long bits = Double.doubleToRawLongBits(value);
    long xor = bits ^ before;
    before = bits;
    if (xor == 0) {
      out.add(0, 1);
      return;
    }
    int zeros = Math.min(31, Long.numberOfLeadingZeros(xor));
    int after = Long.numberOfTrailingZeros(xor);
    if (leading >= 0 && zeros >= leading && after >= trailing) {
      out.add(0b10, 2);
    } else {
      leading = zeros;
      trailing = after;
      out.add(0b11, 2);
      out.add(leading, 5);
      out.add(64 - leading - trailing & 63, 6);
    }
    out.add(xor >>> trailing, 64 - leading - trailing);
  }
}
