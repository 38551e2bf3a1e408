package io.tidemark.storage.head;

import io.tidemark.codec.BitReader;
import io.tidemark.codec.BitWriter;
import io.tidemark.codec.HistogramBits;
import io.tidemark.codec.Slabs;
import io.tidemark.model.Histogram;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// The histograms of one of a slot's two streams, in the window's slabs: which samples of the stream are histograms, and those.
///
/// A chunk of {@link #CHUNK} entries starts on a piece of its own with the words link, first piece of the next chunk, ordinal of its first
/// entry; {@link HistogramBits} follow. An entry's ordinal is the number of its sample in the stream. The loop adds, any thread reads what
/// was counted when its read began; the count is released after the bits that it counts.
final class HistogramChain {
  static final int CHUNK = Window.CHUNK_SAMPLES;
  private static final int FIRST_BIT = 3 * 64;
  private static final VarHandle COUNT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(HistogramChain.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Slabs slabs;
  private final HistogramBits writer = new HistogramBits();
  private int firstPiece;
  private int chunkPiece;
  private int piece;
  private int bit;
  private int count;

  HistogramChain(Slabs slabs) {
    this.slabs = slabs;
  }

  /// The loop's alone.
  ///
  /// @param out on the slabs; where it stands does not matter
  void add(BitWriter out, int ordinal, Histogram histogram) {
    if (count % CHUNK == 0) {
      int next = slabs.allocate();
      slabs.set(next, 2, ordinal);
      if (count == 0) {
        firstPiece = next;
      } else {
        slabs.set(chunkPiece, 1, next);
      }
      chunkPiece = next;
      out.resume(next, FIRST_BIT);
      writer.begin();
    } else {
      out.resume(piece, bit);
    }
    writer.write(out, ordinal, histogram);
    piece = out.piece();
    bit = out.bit();
    COUNT.setRelease(this, count + 1);
  }

  /// Whether the histogram added last has this ordinal. The loop's alone.
  boolean isLast(int ordinal) {
    return writer.ordinal() == ordinal;
  }

  /// The histogram added last. The loop's alone.
  Histogram last() {
    return writer.histogram();
  }

  int count() {
    return (int) COUNT.getAcquire(this);
  }

  int firstPiece() {
    return firstPiece;
  }

  long bytes() {
    return 56 + writer.bytes();
  }

  /// Brings back the first `entries` of a chain whose slabs are here already, and goes on after them.
  void restore(int first, int entries) {
    firstPiece = first;
    chunkPiece = first;
    int left = entries;
    for (; left > CHUNK; left -= CHUNK) {
      chunkPiece = (int) slabs.word(chunkPiece, 1);
    }
    var in = new BitReader(slabs);
    in.seek(chunkPiece, FIRST_BIT);
    for (; left > 0; left--) {
      writer.step(in);
    }
    piece = in.piece();
    bit = in.bit();
    forgetBits();
    COUNT.setRelease(this, entries);
  }

  /// A copy of slabs may hold bits that were written after the count was taken; the writer adds to this word, so they must go.
  private void forgetBits() {
    int used = bit & 63;
    if (used != 0) {
      slabs.set(piece, bit >>> 6, slabs.word(piece, bit >>> 6) & -1L << 64 - used);
    }
  }

  /// Finds histograms by ascending ordinals. One thread.
  final class Cursor {
    private final BitReader in = new BitReader(slabs);
    private final HistogramBits reader = new HistogramBits();
    /// Entries behind the one that `reader` is at.
    private int left = count();
    private int inChunk;
    private int chunk = firstPiece;

    Cursor() {
      enter(firstPiece);
    }

    private void enter(int to) {
      chunk = to;
      inChunk = Math.min(left, CHUNK);
      reader.begin();
      if (left > 0) {
        in.seek(to, FIRST_BIT);
      }
    }

    /// The histogram with this ordinal, or null; ordinals ascend from call to call.
    @Nullable Histogram at(int ordinal) {
      while (left > inChunk && slabs.word((int) slabs.word(chunk, 1), 2) <= ordinal) {
        left -= inChunk;
        enter((int) slabs.word(chunk, 1));
      }
      while (reader.ordinal() < ordinal && inChunk > 0) {
        reader.step(in);
        inChunk--;
        left--;
      }
      return reader.ordinal() == ordinal ? reader.histogram() : null;
    }
  }
}
