package io.tidemark.transfer.tsdb;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The bits of a chunk, from the highest of each byte on. One thread; reused.
final class ChunkBits {
  /// What must lie behind the data in its array, so that eight bytes can be read at once wherever a number begins.
  static final int PADDING_BYTES = 9;
  /// Widths of numbers behind none to eight ones.
  private static final int[] WIDTHS = {0, 3, 6, 9, 12, 18, 25, 56, 64};
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] bytes = new byte[PADDING_BYTES];
  private long bit;
  private long end;

  /// @param padded longer than `count` by at least {@link #PADDING_BYTES}
  void reset(byte[] padded, int count) {
    bytes = padded;
    bit = 0;
    end = count * 8L;
  }

  /// The next `count` (0 to 64) bits as an unsigned number.
  long read(int count) {
    if (count == 0) {
      return 0;
    }
    if (bit + count > end) {
      throw new TidemarkException(ErrorCode.CORRUPT, "samples go on past the " + (end >>> 3) + " bytes of the chunk");
    }
    int at = (int) (bit >>> 3);
    int used = (int) bit & 7;
    bit += count;
    long word = (long) LONG.get(bytes, at) << used;
    if (count > 64 - used) {
      word |= (bytes[at + 8] & 0xffL) >>> 8 - used;
    }
    return word >>> 64 - count;
  }

  /// Ones up to a zero, or `max` of them.
  int ones(int max) {
    int ones = 0;
    while (ones < max && read(1) == 1) {
      ones++;
    }
    return ones;
  }

  /// Seven bits a byte, lowest first.
  long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      long b = read(8);
      value |= (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw new TidemarkException(ErrorCode.CORRUPT, "a varint of more than ten bytes");
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

  double real() {
    return Double.longBitsToDouble(read(64));
  }
}
