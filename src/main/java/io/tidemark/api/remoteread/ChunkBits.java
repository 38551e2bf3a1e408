package io.tidemark.api.remoteread;

import java.util.Arrays;

/// The bits of a chunk under construction; they fill bytes from the highest on. One thread; reused.
final class ChunkBits {
  /// Widths of numbers behind one to eight ones; the last has no zero behind them.
  private static final int[] WIDTHS = {3, 6, 9, 12, 18, 25, 56, 64};

  private byte[] bytes = new byte[256];
  private int bit;

  byte[] array() {
    return bytes;
  }

  /// How many bytes are begun.
  int count() {
    return bit + 7 >>> 3;
  }

  void clear() {
    Arrays.fill(bytes, 0, count(), (byte) 0);
    bit = 0;
  }

  /// Appends the lowest `count` (1 to 64) bits of `value`.
  void add(long value, int count) {
    if (bit + count > bytes.length * 8) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2);
    }
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

  /// Seven bits a byte, lowest first.
  void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      add(rest & 0x7f | 0x80, 8);
      rest >>>= 7;
    }
    add(rest, 8);
  }

  /// Whether a signed number of so many bits, as chunks have them, holds `value`: from `-(2^(n-1) - 1)` to `2^(n-1)`.
  static boolean fits(long value, int width) {
    return value > -(1L << width - 1) && value <= 1L << width - 1;
  }

  /// A signed number: `0` for 0, else ones and a zero that tell the width.
  void signed(long value) {
    int step = 0;
    while (step < WIDTHS.length - 1 && !fits(value, WIDTHS[step])) {
      step++;
    }
    number(value, step);
  }

  /// A number of 0 or more, likewise.
  void unsigned(long value) {
    int step = 0;
    while (step < WIDTHS.length - 1 && value >>> WIDTHS[step] != 0) {
      step++;
    }
    number(value, step);
  }

  private void number(long value, int step) {
    if (value == 0) {
      add(0, 1);
      return;
    }
    boolean last = step == WIDTHS.length - 1;
    add(last ? 0xff : (2L << step + 1) - 2, last ? 8 : step + 2);
    add(value, WIDTHS[step]);
  }
}
