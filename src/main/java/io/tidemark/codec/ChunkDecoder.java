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
  // Where decode is, between its loops.
  private long timestamp;
  private long delta;
  private long number;
  private int mode;
  private int width;
  private int timeWidth;

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
    timestamp = words[base + ChunkEncoder.FIRST_TIMESTAMP];
    mode = (int) words[base + (ChunkEncoder.FIRST_BIT >>> 6)] & 15;
    number = ChunkEncoder.number(words[base + ChunkEncoder.FIRST_VALUE], mode);
    bit = ChunkEncoder.FIRST_BIT + ChunkEncoder.MODE_BITS;
    delta = 0;
    width = 0;
    timeWidth = 0;
    timestamps[at] = timestamp;
    values[at] = ChunkEncoder.unscaled(number, mode);
    int end = at + count;
    int i = at + 1;
    int ofMode = at;
    while (i < end) {
      i = decodeWithin(timestamps, values, i, end);
      if (i == end) {
        break;
      }
      int modeBefore = mode;
      decodeOne();
      if (mode != modeBefore) {
        scale(modeBefore, values, ofMode, i);
        ofMode = i;
      }
      timestamp += delta;
      timestamps[i] = timestamp;
      values[i++] = ChunkEncoder.unscaled(number, mode);
    }
    scale(mode, values, ofMode, end);
  }

  /// Divides the numbers of decimals: in a loop of its own, so that the JVM does several at once.
  private static void scale(int mode, double[] values, int from, int to) {
    if (mode > 0 && mode < ChunkEncoder.DECIMALS) {
      double power = ChunkEncoder.POWERS[mode];
      for (int i = from; i < to; i++) {
        values[i] /= power;
      }
    }
  }

  /// Reads on from sample `from` as long as samples are in the present widths, on from piece to piece: at the beginning of each even ones
  /// four at once, if moves are narrow, then one by one what certainly ends in the piece, and outside of these loops the one that may not.
  ///
  /// @return the next sample
  private int decodeWithin(long[] timestamps, double[] values, int from, int end) {
    int m = mode;
    long[] w = words;
    int b = base;
    int p = bit;
    long t = timestamp;
    long d = delta;
    long n = number;
    int timeBits = timeWidth;
    int valueBits = width;
    long timeMask = (1L << timeBits) - 1;
    long valueMask = (1L << valueBits) - 1;
    int mask = w.length - 1;
    int lastBit = Slabs.PIECE_BITS - Math.max(16, 4 + timeBits + valueBits);
    int i = from;
    boolean isWithin = true;
    while (isWithin && i < end) {
      if (valueBits <= ChunkEncoder.FOUR_WIDTH_MAX) {
        int length = valueBits + 2;
        long ones = 0b01L | 0b01L << length;
        ones |= ones << 2 * length;
        while (i + 3 < end && p <= Slabs.PIECE_BITS - 4 * length) {
          int word = b + (p >>> 6);
          long in = w[word & mask] >>> p | w[word + 1 & mask] << 1 << ~p;
          if ((in & 3 * ones) != ones) {
            break;
          }
          in >>>= 2;
          long first = n + unzigzag(in & valueMask);
          in >>>= length;
          long second = first + unzigzag(in & valueMask);
          in >>>= length;
          long third = second + unzigzag(in & valueMask);
          n = third + unzigzag(in >>> length & valueMask);
          timestamps[i] = t + d;
          timestamps[i + 1] = t + 2 * d;
          timestamps[i + 2] = t + 3 * d;
          t += 4 * d;
          timestamps[i + 3] = t;
          values[i] = ChunkEncoder.unscaled(first, m);
          values[i + 1] = ChunkEncoder.unscaled(second, m);
          values[i + 2] = ChunkEncoder.unscaled(third, m);
          values[i + 3] = ChunkEncoder.unscaled(n, m);
          i += 4;
          p += 4 * length;
        }
      }
      while (i < end && p <= lastBit) {
        int word = b + (p >>> 6);
        long in = w[word & mask] >>> p | w[word + 1 & mask] << 1 << ~p;
        if ((in & 3) == 1) {
          n += unzigzag(in >>> 2 & valueMask);
          p += valueBits + 2;
        } else if ((in & 7) == 3) {
          d += unzigzag(in >>> 3 & timeMask);
          n += unzigzag(in >>> 3 + timeBits & valueMask);
          p += timeBits + valueBits + 3;
        } else if ((in & 1) == 0) {
          p++;
        } else if ((in & 8) == 0) {
          d += unzigzag(in >>> 4 & timeMask);
          p += timeBits + 4;
        } else {
          isWithin = false;
          break;
        }
        t += d;
        timestamps[i] = t;
        values[i++] = ChunkEncoder.unscaled(n, m);
      }
      if (isWithin && i < end) {
        bit = p;
        // Widths that are more than a word together are left to decodeOne.
        long in = p < LAST_WORD ? -1 : peekOver(valueBits, timeBits);
        int kind = Long.numberOfTrailingZeros(~in & 0xf | 0x10);
        if (kind > 3) {
          words = w;
          base = b;
          break;
        }
        w = words;
        b = base;
        mask = w.length - 1;
        int tag = kind + 1;
        int timeTaken = kind < 2 ? 0 : timeBits;
        int valueTaken = kind == 1 || kind == 2 ? valueBits : 0;
        d += unzigzag(in >>> tag & (1L << timeTaken) - 1);
        n += unzigzag(in >>> tag + timeTaken & (1L << valueTaken) - 1);
        p = bit + tag + timeTaken + valueTaken;
        t += d;
        timestamps[i] = t;
        values[i++] = ChunkEncoder.unscaled(n, m);
      }
    }
    bit = p;
    timestamp = t;
    delta = d;
    number = n;
    return i;
  }

  private static long unzigzag(long number) {
    return number >>> 1 ^ -(number & 1);
  }

  /// Reads a sample that is at length, or may end in the next piece.
  private void decodeOne() {
    long in = peek();
    long change = 0;
    long move = 0;
    switch (Long.numberOfTrailingZeros(~in & 0xf | 0x10)) {
      case 0 -> bit++;
      case 1 -> {
        move = in >>> 2 & (1L << width) - 1;
        bit += width + 2;
      }
      case 2 -> {
        change = in >>> 3 & (1L << timeWidth) - 1;
        move = in >>> 3 + timeWidth & (1L << width) - 1;
        bit += timeWidth + width + 3;
      }
      case 3 -> {
        change = in >>> 4 & (1L << timeWidth) - 1;
        bit += timeWidth + 4;
      }
      default -> {
        int timeCode = (int) in >>> 4 & 63;
        int code = (int) in >>> 10 & 63;
        bit += 16;
        if (timeCode > 0) {
          change = read(ChunkEncoder.bits(timeCode));
          timeWidth = ChunkEncoder.keptTimeWidth(timeWidth, timeCode);
        }
        if (code == ChunkEncoder.WHOLE) {
          mode = (int) read(ChunkEncoder.MODE_BITS);
          number = ChunkEncoder.number(read(64), mode);
        } else if (code > 0) {
          width = ChunkEncoder.bits(code);
          move = read(width);
        }
      }
    }
    delta += change >>> 1 ^ -(change & 1);
    number += move >>> 1 ^ -(move & 1);
  }

  private long peek() {
    if (bit >= LAST_WORD) {
      return peekOver(width, timeWidth);
    }
    int word = base + (bit >>> 6);
    return words[word] >>> bit | words[word + 1] << 1 << ~bit;
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
