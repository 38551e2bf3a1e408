package io.tidemark.transfer.tsdb;

/// One column of floats in a chunk, each the XOR with the one before: `0` for the same; `10` and the bits of the window of meaningful bits
/// last told; `11`, leading zeros in 5 bits, meaningful bits in 6 (0 for 64), then those bits. Bits are kept, whatever NaN they are.
final class XorColumn {
  private long value;
  private int leading;
  private int meaningful;

  /// The first of the column, whole.
  long first(ChunkBits in) {
    value = in.read(64);
    leading = 0;
    meaningful = 0;
    return value;
  }

  long next(ChunkBits in) {
    if (in.read(1) == 1) {
      if (in.read(1) == 1) {
        leading = (int) in.read(5);
        meaningful = (int) in.read(6);
        meaningful = meaningful == 0 ? 64 : meaningful;
      }
      // A damaged pair of more than 64 bits shifts by a negative number, which Java takes modulo 64: some number, no accident.
      value ^= in.read(meaningful) << 64 - leading - meaningful;
    }
    return value;
  }
}
