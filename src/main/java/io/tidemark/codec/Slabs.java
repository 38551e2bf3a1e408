package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Memory for bit streams, handed out in pieces of {@link #PIECE_WORDS} words from slabs that never move.
///
/// One thread allocates and writes; any other may read what was published to it some other way (a released count): a word that
/// holds published bits only ever gains further bits, so a racing read of it still has them. Longs are read and written whole on
/// every 64-bit JVM. Memory goes back to the collector with the whole object, so there is no free list to get wrong.
public final class Slabs {
  public static final int PIECE_WORDS = 8;
  public static final int PIECE_BITS = PIECE_WORDS * 64;
  private static final int SLAB_SHIFT = 12;
  private static final int SLAB_WORDS = 1 << SLAB_SHIFT;
  private static final int SLAB_MASK = SLAB_WORDS - 1;
  private static final int SLAB_PIECES = SLAB_WORDS / PIECE_WORDS;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  private volatile long[][] slabs = new long[0][];
  private int pieces;

  /// A fresh piece, all zeros.
  public int allocate() {
    int piece = pieces;
    if (piece == slabs.length * SLAB_PIECES) {
      long[][] more = Arrays.copyOf(slabs, slabs.length + 1);
      more[slabs.length] = new long[SLAB_WORDS];
      slabs = more;
    }
    pieces = piece + 1;
    return piece;
  }

  /// How many pieces were handed out. The writer's alone.
  public int pieces() {
    return pieces;
  }

  /// Bytes of memory held.
  public long bytes() {
    return (long) slabs.length * SLAB_WORDS * 8;
  }

  public long word(int piece, int index) {
    int word = piece * PIECE_WORDS;
    // The product overflows int only past 16 GiB of one window; allocate() would have failed on the array of slabs long before.
    return slabs[word >>> SLAB_SHIFT][(word & SLAB_MASK) + index];
  }

  public void set(int piece, int index, long value) {
    int word = piece * PIECE_WORDS;
    slabs[word >>> SLAB_SHIFT][(word & SLAB_MASK) + index] = value;
  }

  /// The piece that follows on `piece` in a stream, or 0. Where {@link #link} said so, it is there for any thread; a link that came from a
  /// file may be older than the stream's end, and lead to a piece of another stream.
  int next(int piece) {
    int word = piece * PIECE_WORDS;
    int next = (int) (long) WORDS.getAcquire(slabs[word >>> SLAB_SHIFT], word & SLAB_MASK);
    return next * PIECE_WORDS >>> SLAB_SHIFT < slabs.length ? next : 0;
  }

  /// Lets `next`, which is not 0, follow on `piece`, whose word 0 has the link in its lower half.
  void link(int piece, int next) {
    int word = piece * PIECE_WORDS;
    long[] slab = slabs[word >>> SLAB_SHIFT];
    WORDS.setRelease(slab, word & SLAB_MASK, slab[word & SLAB_MASK] >>> 32 << 32 | next);
  }

  /// The slab that holds `piece`, for loops that stay within the piece.
  public long[] slab(int piece) {
    return slabs[piece * PIECE_WORDS >>> SLAB_SHIFT];
  }

  /// Where `piece` begins in its slab.
  public int offset(int piece) {
    return piece * PIECE_WORDS & SLAB_MASK;
  }

  /// The number of a piece, as a varint.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when there is no such piece
  public int readPiece(ByteReader in) {
    int piece = in.readCount(0);
    if (piece >= pieces) {
      throw in.corrupt("piece " + piece + " of " + pieces);
    }
    return piece;
  }

  /// Writes the words of the first `count` pieces.
  public void write(ByteWriter out, int fromPiece, int toPiece) {
    for (int piece = fromPiece; piece < toPiece; piece++) {
      out.writeLongs(slab(piece), offset(piece), PIECE_WORDS);
    }
  }

  /// Adds `count` pieces with the words that {@link #write} wrote.
  public void read(ByteReader in, int count) {
    for (int i = 0; i < count; i++) {
      int piece = allocate();
      in.readLongs(slab(piece), offset(piece), PIECE_WORDS);
    }
  }
}
