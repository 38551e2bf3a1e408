package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Reads what {@link ChunkEncoder} wrote, on any thread, as far as it was published to the reader: words may hold bits of later samples.
/// Reused for many chunks; one thread.
public final class ChunkDecoder {
  private static final int LAST_WORD = Slabs.PIECE_BITS - 64;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  private final Slabs slabs;
  private long[] words = new long[0];
  private int base;
  private int bit;
  private final long[] tailPiece = new long[Slabs.PIECE_WORDS];
  private long tailPlace;
  private long tail;

  public ChunkDecoder(Slabs slabs) {
    this.slabs = slabs;
  }

  /// Takes the last bits of a writer's state, for what was counted before this call: they are not in the slabs.
  public void takeTail(long[] state, int at) {
    long place = (long) WORDS.getAcquire(state, at + ChunkEncoder.PLACE);
    tail = (long) WORDS.getAcquire(state, at + ChunkEncoder.TAIL);
    // Where the writer went on to another word meanwhile, all that was counted is in the slabs.
    boolean stayed = (place ^ (long) WORDS.getAcquire(state, at + ChunkEncoder.PLACE)) >>> 26 == 0;
    tailPlace = stayed ? place : ChunkEncoder.MOVING;
  }

  /// Of the chunk that begins on `piece`.
  public long firstTimestamp(int piece) {
    return slabs.word(piece, ChunkEncoder.FIRST_TIMESTAMP);
  }

  /// The piece on which the chunk after that of `piece` begins; there must be one.
  public int nextChunk(int piece) {
    return (int) (slabs.word(piece, 0) >>> 32);
  }

  private void enter(int piece) {
    words = slabs.slab(piece);
    base = slabs.offset(piece);
    if (piece == (int) (tailPlace >>> 32)) {
      System.arraycopy(words, base, tailPiece, 0, Slabs.PIECE_WORDS);
      tailPiece[(int) tailPlace >>> 26] = tail;
      words = tailPiece;
      base = 0;
    }
  }

  /// Reads the first `count` (1 or more) samples of the chunk that begins on `piece` into both arrays, from `at` on.
  public void decode(int piece, int count, long[] timestamps, double[] values, int at) {
    enter(piece);
    long[] w = words;
    int b = base;
    long timestamp = w[b + 1];
    long valueBits = w[b + 2];
    int mode = (int) w[b + 3] & 15;
    int p = ChunkEncoder.FIRST_BIT + ChunkEncoder.MODE_BITS;
    long delta = 0;
    double value = Double.longBitsToDouble(valueBits);
    long number = ChunkEncoder.number(valueBits, mode);
    int width = 0;
    int timeWidth = 0;
    timestamps[at] = timestamp;
    values[at] = value;
    int end = at + count;
    for (int i = at + 1; i < end; i++) {
      long in;
      if (p < LAST_WORD) {
        int word = b + (p >>> 6);
        in = w[word] >>> p | w[word + 1] << 1 << ~p;
      } else {
        bit = p;
        in = peekOver(width, timeWidth);
        p = bit;
        w = words;
        b = base;
      }
      if ((in & 1) == 0) {
        p++;
      } else if ((in & 2) == 0) {
        long move = in >>> 2 & (1L << width) - 1;
        p += width + 2;
        number += move >>> 1 ^ -(move & 1);
        value = ChunkEncoder.value(number, mode);
      } else if ((in & 4) == 0) {
        long change = in >>> 3 & (1L << timeWidth) - 1;
        delta += change >>> 1 ^ -(change & 1);
        long move = in >>> 3 + timeWidth & (1L << width) - 1;
        number += move >>> 1 ^ -(move & 1);
        p += timeWidth + width + 3;
        value = ChunkEncoder.value(number, mode);
      } else if ((in & 8) == 0) {
        long change = in >>> 4 & (1L << timeWidth) - 1;
        delta += change >>> 1 ^ -(change & 1);
        p += timeWidth + 4;
      } else {
        int timeCode = (int) in >>> 4 & 63;
        int code = (int) in >>> 10 & 63;
        bit = p + 16;
        if (timeCode > 0) {
          long change = read(ChunkEncoder.bits(timeCode));
          delta += change >>> 1 ^ -(change & 1);
          timeWidth = ChunkEncoder.keptTimeWidth(timeWidth, timeCode);
        }
        if (code == ChunkEncoder.WHOLE) {
          mode = (int) read(ChunkEncoder.MODE_BITS);
          long bits = read(64);
          value = Double.longBitsToDouble(bits);
          number = ChunkEncoder.number(bits, mode);
        } else if (code > 0) {
          width = ChunkEncoder.bits(code);
          long move = read(width);
          number += move >>> 1 ^ -(move & 1);
          value = ChunkEncoder.value(number, mode);
        }
        w = words;
        b = base;
        p = bit;
      }
      timestamp += delta;
      timestamps[i] = timestamp;
      values[i] = value;
    }
  }

  /// The next bits when they may go on in the next piece, which is there only if the sample does.
  private long peekOver(int width, int timeWidth) {
    int rest = Slabs.PIECE_BITS - bit;
    long in = rest == 0 ? 0 : words[base + 7] >>> bit;
    if (length(in, width, timeWidth) <= rest) {
      return in;
    }
    enter((int) words[base]);
    bit = ChunkEncoder.NEXT_BIT - rest;
    long next = words[base] >>> 32 | words[base + 1] << 32;
    return rest == 64 ? in : in | next << rest;
  }

  private static int length(long in, int width, int timeWidth) {
    return switch (Long.numberOfTrailingZeros(~in)) {
      case 0 -> 1;
      case 1 -> 2 + width;
      case 2 -> 3 + timeWidth + width;
      case 3 -> 4 + timeWidth;
      default -> 16;
    };
  }

  /// The next `count` (1 to 64) bits, which are all there.
  private long read(int count) {
    if (bit == Slabs.PIECE_BITS) {
      enter((int) words[base]);
      bit = ChunkEncoder.NEXT_BIT;
    }
    int word = base + (bit >>> 6);
    long value = words[word] >>> bit;
    int rest = Slabs.PIECE_BITS - bit;
    bit += count;
    if (count > rest) {
      enter((int) words[base]);
      bit -= Slabs.PIECE_BITS - ChunkEncoder.NEXT_BIT;
      value |= (words[base] >>> 32 | words[base + 1] << 32) << rest;
    } else if ((bit - count & 63) + count > 64) {
      value |= words[word + 1] << -(bit - count);
    }
    return value & -1L >>> 64 - count;
  }
}
