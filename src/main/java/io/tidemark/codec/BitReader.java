package io.tidemark.codec;

/// Reads what {@link BitWriter} wrote, on any thread, as far as it was published to the reader.
public final class BitReader {
  private final Slabs slabs;
  private int piece;
  private int bit;
  private long[] words = new long[0];
  private int base;

  public BitReader(Slabs slabs) {
    this.slabs = slabs;
  }

  public void seek(int toPiece, int toBit) {
    piece = toPiece;
    bit = toBit;
    words = slabs.slab(toPiece);
    base = slabs.offset(toPiece);
  }

  public int piece() {
    return piece;
  }

  public int bit() {
    return bit;
  }

  /// The next `bits` (1 to 64) bits as an unsigned number.
  public long read(int bits) {
    if (bit == Slabs.PIECE_BITS) {
      next();
    }
    int used = bit & 63;
    int free = 64 - used;
    long word = words[base + (bit >>> 6)] << used;
    if (bits <= free) {
      bit += bits;
      return word >>> 64 - bits;
    }
    int rest = bits - free;
    long high = word >>> used;
    bit += free;
    if (bit == Slabs.PIECE_BITS) {
      next();
    }
    long low = words[base + (bit >>> 6)] >>> 64 - rest;
    bit += rest;
    return high << rest | low;
  }

  private void next() {
    seek((int) words[base], 64);
  }
}
