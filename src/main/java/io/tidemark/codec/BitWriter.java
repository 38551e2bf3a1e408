package io.tidemark.codec;

/// Appends bits, highest first, to a chain of pieces. Word 0 of each piece is the number of the next one.
///
/// Reused for many chains: {@link #resume} where one was left, write, then keep {@link #piece} and {@link #bit}. A word is assigned
/// when its first bit is written, so pieces need no zeroing.
public final class BitWriter {
  private final Slabs slabs;
  private int piece;
  private int bit;
  private long[] words = new long[0];
  private int base;

  public BitWriter(Slabs slabs) {
    this.slabs = slabs;
  }

  /// @param bit the next bit to write, counted from the piece's begin, 64 to {@link Slabs#PIECE_BITS}
  public void resume(int piece, int bit) {
    this.piece = piece;
    this.bit = bit;
    words = slabs.slab(piece);
    base = slabs.offset(piece);
  }

  public int piece() {
    return piece;
  }

  public int bit() {
    return bit;
  }

  /// Writes the lowest `bits` (1 to 64) bits of `value`; the others must be zero.
  public void write(long value, int bits) {
    assert bits == 64 || value >>> bits == 0 : value + " in " + bits;
    if (bit == Slabs.PIECE_BITS) {
      next();
    }
    int free = 64 - (bit & 63);
    int at = base + (bit >>> 6);
    if (bits <= free) {
      long shifted = value << free - bits;
      words[at] = free == 64 ? shifted : words[at] | shifted;
      bit += bits;
      return;
    }
    int rest = bits - free;
    words[at] |= value >>> rest;
    bit += free;
    if (bit == Slabs.PIECE_BITS) {
      next();
    }
    words[base + (bit >>> 6)] = value << 64 - rest;
    bit += rest;
  }

  private void next() {
    int next = slabs.allocate();
    words[base] = next;
    resume(next, 64);
  }
}
