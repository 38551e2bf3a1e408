package io.tidemark.api.remoteread;

import java.util.Arrays;

/// Writes float samples as a chunk in Prometheus' XOR encoding.
///
/// ```
/// u16 big-endian   number of samples
/// first sample     time as a zigzag varint · value as 64 bits
/// second sample    time since the first as a varint · value bits
/// each further     change of that distance as delta bits · value bits
/// ```
/// Delta bits: `0` for none, else `10`, `110`, `1110` and 14, 17 or 20 bits when it fits them, else `1111` and 64 bits. Value bits of the
/// XOR with the value before: `0` for none; `10` and the bits of the window of meaningful bits last told; `11`, leading zeros in 5 bits,
/// meaningful bits in 6 (0 for 64), then those bits. Bits fill bytes from the highest on. Source: Prometheus' `chunkenc`, docs/format
/// "chunks", after Pelkonen et al., "Gorilla", VLDB 2015. One thread; reused.
final class XorChunk {
  /// What a number of this width holds: `-(2^(n-1) - 1)` to `2^(n-1)`.
  private static final int[] WIDTHS = {14, 17, 20};
  /// A sample takes at most 4 + 64 + 2 + 5 + 6 + 64 bits.
  private static final int SAMPLE_BYTES_MAX = 19;
  private static final int HEADER_BYTES = 2;

  private byte[] bytes = new byte[0];
  private int bit;

  /// Encodes samples `[from, to)`, at least one and at most 65,535; timestamps ascend. The chunk is `array()[0, count())` until the next
  /// call.
  void encode(long[] timestamps, double[] values, int from, int to) {
    assert to > from && to - from < 1 << 16 : from + " to " + to;
    reset(HEADER_BYTES + (to - from) * SAMPLE_BYTES_MAX + 20);
    bytes[0] = (byte) (to - from >>> 8);
    bytes[1] = (byte) (to - from);
    varint(timestamps[from] << 1 ^ timestamps[from] >> 63);
    long before = Double.doubleToRawLongBits(values[from]);
    bits(before, 64);
    long distance = 0;
    int leading = -1;
    int trailing = 0;
    for (int i = from + 1; i < to; i++) {
      long next = timestamps[i] - timestamps[i - 1];
      if (i == from + 1) {
        varint(next);
      } else {
        change(next - distance);
      }
      distance = next;
      long value = Double.doubleToRawLongBits(values[i]);
      long xor = value ^ before;
      before = value;
      if (xor == 0) {
        bits(0, 1);
        continue;
      }
      int zeros = Math.min(31, Long.numberOfLeadingZeros(xor));
      int after = Long.numberOfTrailingZeros(xor);
      if (leading >= 0 && zeros >= leading && after >= trailing) {
        bits(0b10, 2);
      } else {
        leading = zeros;
        trailing = after;
        bits(0b11, 2);
        bits(leading, 5);
        bits(64 - leading - trailing & 63, 6);
      }
      bits(xor >>> trailing, 64 - leading - trailing);
    }
  }

  byte[] array() {
    return bytes;
  }

  int count() {
    return bit + 7 >>> 3;
  }

  private void reset(int capacity) {
    if (bytes.length < capacity) {
      bytes = new byte[capacity];
    } else {
      Arrays.fill(bytes, 0, count(), (byte) 0);
    }
    bit = HEADER_BYTES * 8;
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bits(rest & 0x7f | 0x80, 8);
      rest >>>= 7;
    }
    bits(rest, 8);
  }

  private void change(long change) {
    if (change == 0) {
      bits(0, 1);
      return;
    }
    for (int i = 0; i < WIDTHS.length; i++) {
      int width = WIDTHS[i];
      if (change > -(1L << width - 1) && change <= 1L << width - 1) {
        // One, two or three ones and a zero.
        bits((4L << i) - 2, i + 2);
        bits(change & (1L << width) - 1, width);
        return;
      }
    }
    bits(0b1111, 4);
    bits(change, 64);
  }

  /// Appends the lowest `count` (1 to 64) bits of `value`, whose others are zero; the bytes ahead are zero.
  private void bits(long value, int count) {
    int left = count;
    while (left > 0) {
      int free = 8 - (bit & 7);
      int take = Math.min(free, left);
      long part = value >>> left - take & (1L << take) - 1;
      bytes[bit >>> 3] |= (byte) (part << free - take);
      bit += take;
      left -= take;
    }
  }
}
