package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Reads what {@link ChunkEncoder} wrote, on any thread, as far as it was published to the reader: words may hold bits of later samples.
/// Reused for many chunks; one thread.
public final class ChunkDecoder {
  private static final int LINK_BYTES = ChunkEncoder.NEXT_BIT / 8;
  private static final int PIECE_BYTES = Slabs.PIECE_BITS / 8;
  /// A sample takes less: 16 bits, a time, a mode and a value.
  private static final int SAMPLE_BYTES_MAX = 24;
  /// What one load surely has, from any bit on.
  private static final int LOAD_BITS = 57;
  /// After so many samples one by one it looks again whether several are alike.
  private static final int ONE_BY_ONE = 4;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final Slabs slabs;
  /// The chunk's bits, one after the other, and at least 8 bytes more.
  private byte[] bits = new byte[256];
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

  /// Reads the first `count` (1 or more) samples of the chunk that begins on `piece` into both arrays, from `at` on.
  public void decode(int piece, int count, long[] timestamps, double[] values, int at) {
    gather(piece, count * SAMPLE_BYTES_MAX);
    timestamp = firstTimestamp(piece);
    mode = bits[0] & 15;
    number = ChunkEncoder.number(slabs.word(piece, ChunkEncoder.FIRST_VALUE), mode);
    bit = ChunkEncoder.MODE_BITS;
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
      if (i < end) {
        int modeBefore = mode;
        decodeOne();
        if (mode != modeBefore) {
          scale(modeBefore, values, ofMode, i);
          ofMode = i;
        }
        timestamps[i] = timestamp;
        values[i++] = ChunkEncoder.unscaled(number, mode);
      }
    }
    scale(mode, values, ofMode, end);
  }

  /// Puts the bits of the chunk that begins on piece `first` one after the other, without what else is on its pieces: about `bytesMax` of
  /// them, if there are so many.
  private void gather(int first, int bytesMax) {
    byte[] into = bits;
    int n = 0;
    int piece = first;
    do {
      if (n + PIECE_BYTES + Long.BYTES > into.length) {
        into = Arrays.copyOf(into, 2 * into.length);
      }
      long[] words = words(piece);
      int base = words == tailPiece ? 0 : slabs.offset(piece);
      int word = 1;
      if (piece == first) {
        word = ChunkEncoder.FIRST_BIT / Long.SIZE;
      } else {
        INTS.set(into, n, (int) (words[base] >>> ChunkEncoder.NEXT_BIT));
        n += LINK_BYTES;
      }
      for (; word < Slabs.PIECE_WORDS; word++) {
        LONGS.set(into, n, words[base + word]);
        n += Long.BYTES;
      }
      piece = slabs.next(piece);
    } while (piece != 0 && n < bytesMax);
    bits = into;
  }

  /// The slab that holds `piece`, or the piece alone, with the bits that its writer has not put there.
  private long[] words(int piece) {
    long[] slab = slabs.slab(piece);
    if (piece != (int) (tailPlace >>> 32)) {
      return slab;
    }
    System.arraycopy(slab, slabs.offset(piece), tailPiece, 0, Slabs.PIECE_WORDS);
    tailPiece[(int) tailPlace >>> 26] = tail;
    return tailPiece;
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

  /// Reads on from sample `from` as long as samples are in the present widths: four even ones or two uneven ones at once where one load has
  /// them, others one by one.
  ///
  /// @return the first sample that is at length or longer than a load, or `end`
  private int decodeWithin(long[] timestamps, double[] values, int from, int end) {
    int m = mode;
    byte[] in = bits;
    int p = bit;
    long t = timestamp;
    long d = delta;
    long n = number;
    int timeBits = timeWidth;
    int valueBits = width;
    long timeMask = (1L << timeBits) - 1;
    long valueMask = (1L << valueBits) - 1;
    boolean isUnevenShort = 3 + timeBits + valueBits <= LOAD_BITS;
    boolean isWithin = 2 + valueBits <= LOAD_BITS && 4 + timeBits <= LOAD_BITS;
    int i = from;
    while (isWithin && i < end) {
      int evenLength = 2 + valueBits;
      int unevenLength = 3 + timeBits + valueBits;
      if (4 * evenLength <= LOAD_BITS) {
        long tags = 0b01L | 0b01L << evenLength;
        tags |= tags << 2 * evenLength;
        while (i + 3 < end) {
          long code = load(in, p);
          if ((code & 3 * tags) != tags) {
            break;
          }
          code >>>= 2;
          long first = n + unzigzag(code & valueMask);
          code >>>= evenLength;
          long second = first + unzigzag(code & valueMask);
          code >>>= evenLength;
          long third = second + unzigzag(code & valueMask);
          n = third + unzigzag(code >>> evenLength & valueMask);
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
          p += 4 * evenLength;
        }
      }
      if (2 * unevenLength <= LOAD_BITS) {
        long tags = 0b011L | 0b011L << unevenLength;
        long tagMask = 0b111L | 0b111L << unevenLength;
        while (i + 1 < end) {
          long code = load(in, p);
          if ((code & tagMask) != tags) {
            break;
          }
          code >>>= 3;
          d += unzigzag(code & timeMask);
          t += d;
          n += unzigzag(code >>> timeBits & valueMask);
          timestamps[i] = t;
          values[i] = ChunkEncoder.unscaled(n, m);
          code >>>= unevenLength;
          d += unzigzag(code & timeMask);
          t += d;
          n += unzigzag(code >>> timeBits & valueMask);
          timestamps[i + 1] = t;
          values[i + 1] = ChunkEncoder.unscaled(n, m);
          i += 2;
          p += 2 * unevenLength;
        }
      }
      int stop = evenLength <= LOAD_BITS / 4 ? Math.min(end, i + ONE_BY_ONE) : end;
      while (i < stop) {
        long code = load(in, p);
        if ((code & 3) == 1) {
          n += unzigzag(code >>> 2 & valueMask);
          p += 2 + valueBits;
        } else if ((code & 7) == 3 && isUnevenShort) {
          d += unzigzag(code >>> 3 & timeMask);
          n += unzigzag(code >>> 3 + timeBits & valueMask);
          p += 3 + timeBits + valueBits;
        } else if ((code & 1) == 0) {
          p++;
        } else if ((code & 15) == 7) {
          d += unzigzag(code >>> 4 & timeMask);
          p += 4 + timeBits;
        } else {
          isWithin = false;
          break;
        }
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

  /// The next {@link #LOAD_BITS} bits and more.
  private static long load(byte[] bits, int bit) {
    return (long) LONGS.get(bits, bit >>> 3) >>> (bit & 7);
  }

  private static long unzigzag(long number) {
    return number >>> 1 ^ -(number & 1);
  }

  /// Reads a sample of any kind.
  private void decodeOne() {
    int kind = Long.numberOfTrailingZeros(~load(bits, bit) & 0xf | 0x10);
    if (kind > 3) {
      decodeAtLength();
      return;
    }
    bit += kind + 1;
    if (kind > 1) {
      delta += unzigzag(read(timeWidth));
    }
    timestamp += delta;
    if (kind == 1 || kind == 2) {
      number += unzigzag(read(width));
    }
  }

  private void decodeAtLength() {
    int codes = (int) read(16);
    int timeCode = codes >>> 4 & 63;
    int code = codes >>> 10;
    if (timeCode > 0) {
      delta += unzigzag(read(ChunkEncoder.bits(timeCode)));
      timeWidth = ChunkEncoder.keptTimeWidth(timeWidth, timeCode);
    }
    timestamp += delta;
    if (code == ChunkEncoder.WHOLE) {
      mode = (int) read(ChunkEncoder.MODE_BITS);
      number = ChunkEncoder.number(read(64), mode);
    } else if (code > 0) {
      width = ChunkEncoder.bits(code);
      number += unzigzag(read(width));
    }
  }

  /// The next `count` (1 to 64) bits.
  private long read(int count) {
    long value = load(bits, bit);
    if ((bit & 7) + count > Long.SIZE) {
      value |= (long) bits[(bit >>> 3) + Long.BYTES] << -(bit & 7);
    }
    bit += count;
    return value & -1L >>> 64 - count;
  }
}
