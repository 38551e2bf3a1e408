package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Appends samples to chunks in pieces of {@link Slabs}, a few instructions each: timestamps as changes of their difference, values as
/// differences of whole numbers. {@link ChunkDecoder} reads them; docs/formats/checkpoint.md draws the bits.
///
/// A value's *number* depends on the chunk's *mode*. Modes 0 to 9 are decimal: the number is the value times 10^mode, taken only when it
/// divides back to the same bits. The others are the double's bits without 40, 28, 16 or 0 low bits, which must be zero. A chunk begins in
/// the first mode that its first value fits, and goes on to a later one when a finite value does not fit; what fits no decimal (NaN,
/// infinities, -0.0) comes whole and has no number. So every bit is kept.
///
/// Both numbers of a sample are zigzag and written in a *width* that stays until one does not fit or wastes more than {@link #SLACK} bits:
/// then the sample is written *at length* and names its widths. Most samples are one word's shift and addition, and a reader knows where
/// the next begins before it has read this one's numbers.
///
/// The state of a chunk's writer is {@link #STATE_WORDS} words of the caller's array, so that many chunks grow side by side; this class
/// keeps none. The last word of bits is there too and goes to the slabs when it is full, so most appends write nothing else. One thread;
/// others may read what the caller has counted and released ({@link ChunkDecoder#takeTail}).
///
/// Source: the idea of tags that share a width is Gorilla's (Pelkonen et al., VLDB 2015), that of decimals ALP's (Afroozeh et al., SIGMOD
/// 2023); the code is neither's.
public final class ChunkEncoder {
  public static final int STATE_WORDS = 5;
  /// Words of the state: the newest sample, its distance to the one before, and where and how the next one goes.
  public static final int TIMESTAMP = 0;
  public static final int VALUE = 1;
  static final int DELTA = 2;
  static final int PLACE = 3;
  /// The last bits, which are not yet in the slabs: the word that PLACE leads to.
  static final int TAIL = 4;
  /// Words of a chunk's first piece; word 0 has the link in the lower and the next chunk's first piece in the upper half.
  public static final int FIRST_TIMESTAMP = 1;
  static final int FIRST_VALUE = 2;
  /// First bit after link, number of the next chunk's piece, first timestamp and value.
  static final int FIRST_BIT = 192;
  /// First bit of later pieces, after the link.
  static final int NEXT_BIT = 32;
  static final int MODE_BITS = 4;
  static final int DECIMALS = 10;
  static final int MODES = 14;
  static final int NO_MODE = 15;
  /// As long as there are modes, so that none needs a check.
  static final double[] POWERS = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 0, 0, 0, 0, 0, 0};
  private static final int[] SHIFTS = {40, 28, 16, 0, 0, 0};
  /// A double whose last bit is worth 1, and stays so when less than 2^51 is added.
  private static final double ROUNDER = 0x1.8p52;
  private static final long ROUNDER_BITS = Double.doubleToRawLongBits(ROUNDER);
  /// Bits that a number may waste before its width is named anew, which takes 14 bits. One less than a power of two.
  static final int SLACK = 7;
  /// Codes of width in a sample at length: 62 bits and above take 64, or the value follows whole.
  static final int WIDE = 62;
  static final int WHOLE = 63;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  /// A place while TAIL changes from one word to another. By then the slabs have all bits of samples that may be counted.
  static final long MOVING = -1;

  /// Shorter runs are appended one by one.
  private static final int RUN_MIN = 8;
  /// Samples of a run whose moves are worked out before their bits are written.
  private static final int RUN_MAX = 128;
  /// Four codes of moves up to this width are one word.
  private static final int FOUR_WIDTH_MAX = 14;

  private final Slabs slabs;
  /// From number to number in the run at hand.
  private final long[] moves = new long[RUN_MAX];
  // What goBeyond found.
  private int beyondBit;
  private long beyondTail;

  public ChunkEncoder(Slabs slabs) {
    this.slabs = slabs;
  }

  /// Begins a chunk on a piece of its own, whose number is returned.
  public int begin(long[] state, int at, long timestamp, long valueBits) {
    int first = slabs.allocate();
    slabs.set(first, 0, 0);
    slabs.set(first, FIRST_TIMESTAMP, timestamp);
    slabs.set(first, FIRST_VALUE, valueBits);
    int mode = modeFrom(0, valueBits);
    state[at + TIMESTAMP] = timestamp;
    state[at + VALUE] = valueBits;
    state[at + DELTA] = 0;
    goOn(state, at, mode, (long) first << 32 | FIRST_BIT + MODE_BITS << 20 | mode);
    return first;
  }

  /// Ends the chunk whose state that is: all its bits go to the slabs, and another one may begin.
  public void end(long[] state, int at) {
    long place = state[at + PLACE];
    slabs.set((int) (place >>> 32), (int) place >>> 26, state[at + TAIL]);
  }

  /// Says which chunk follows on one that has ended.
  public void link(int piece, int next) {
    slabs.set(piece, 0, slabs.word(piece, 0) & 0xffffffffL | (long) next << 32);
  }

  /// Writes a copy of a state.
  ///
  /// @param epochMillis near the timestamps
  public static void writeState(long[] state, int at, long epochMillis, ByteWriter out) {
    out.writeVarint(state[at + TIMESTAMP] - epochMillis);
    out.writeLong(state[at + VALUE]);
    out.writeZigzag(state[at + DELTA]);
    out.writeVarint(state[at + PLACE] >>> 32);
    out.writeVarint(state[at + PLACE] & 0xffffffffL);
    out.writeVarint(state[at + TAIL]);
  }

  /// Reads what {@link #writeState} wrote, of a chunk whose pieces are in the slabs.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when no writer can be in that state
  public void readState(long[] state, int at, long epochMillis, ByteReader in) {
    state[at + TIMESTAMP] = epochMillis + in.readVarint();
    state[at + VALUE] = in.readLong();
    state[at + DELTA] = in.readZigzag();
    int piece = slabs.readPiece(in);
    int how = in.readCount(0);
    state[at + PLACE] = (long) piece << 32 | how;
    state[at + TAIL] = in.readVarint();
    int bit = how >>> 20;
    int mode = how & 15;
    if (bit < NEXT_BIT || bit >= Slabs.PIECE_BITS || (how >>> 12 & 0xff) > 60 || (how >>> 4 & 0xff) > 64 || mode >= MODES && mode != NO_MODE
        || state[at + TAIL] >>> bit != 0) {
      throw in.corrupt("a writer at " + Integer.toHexString(how) + " of a piece");
    }
  }

  /// The first mode from `mode` on that the value fits.
  private static int modeFrom(int mode, long valueBits) {
    if (!Double.isFinite(Double.longBitsToDouble(valueBits)) || valueBits == Long.MIN_VALUE) {
      return NO_MODE;
    }
    int fitting = mode == NO_MODE ? 0 : mode;
    while (Double.doubleToRawLongBits(value(number(valueBits, fitting), fitting)) != valueBits) {
      fitting++;
    }
    return fitting;
  }

  static long number(long valueBits, int mode) {
    return mode < DECIMALS ? decimal(valueBits, POWERS[mode]) : valueBits >> SHIFTS[mode - DECIMALS];
  }

  /// The whole number next to the value times `power`, within 2^51. Beyond, it is some number, which does not divide back to the value.
  static long decimal(long valueBits, double power) {
    return Double.doubleToRawLongBits(Double.longBitsToDouble(valueBits) * power + ROUNDER) - ROUNDER_BITS;
  }

  /// The value of a number, times the power of ten that the mode says.
  static double unscaled(long number, int mode) {
    return mode < DECIMALS ? number : Double.longBitsToDouble(number << SHIFTS[mode - DECIMALS]);
  }

  private static double value(long number, int mode) {
    return mode < DECIMALS ? number / POWERS[mode] : unscaled(number, mode);
  }

  private static long zigzag(long value) {
    return value << 1 ^ value >> 63;
  }

  private static int width(long number) {
    return 64 - Long.numberOfLeadingZeros(number);
  }

  /// Appends to the chunk whose state that is. Timestamps may be anything.
  public void append(long[] state, int at, long timestamp, long valueBits) {
    long place = state[at + PLACE];
    long before = state[at + VALUE];
    long change = timestamp - state[at + TIMESTAMP] - state[at + DELTA];
    state[at + TIMESTAMP] = timestamp;
    long code;
    int length;
    if (valueBits == before) {
      code = 0;
      length = 1;
    } else {
      state[at + VALUE] = valueBits;
      long move = move((int) place & 15, before, valueBits);
      if (move == 0) {
        appendWhole(state, at, change, valueBits);
        return;
      }
      int width = (int) place >>> 4 & 0xff;
      if ((width - width(move) & -1 - SLACK) != 0 || width > 62) {
        appendAtLength(state, at, change, move);
        return;
      }
      code = move << 2 | 0b01;
      length = width + 2;
    }
    if (change != 0) {
      long time = zigzag(change);
      int timeWidth = (int) place >>> 12 & 0xff;
      if ((timeWidth - width(time) & -1 - SLACK) != 0 || timeWidth + length > 63) {
        appendAtLength(state, at, change, code >>> 2);
        return;
      }
      state[at + DELTA] += change;
      if (length == 1) {
        code = time << 4 | 0b0111;
        length = timeWidth + 4;
      } else {
        code = (code >>> 2 << timeWidth | time) << 3 | 0b011;
        length += timeWidth + 1;
      }
    }
    add(state, at, place, code, length);
  }

  /// Appends samples `[from, to)` to the chunk whose state that is, to the same bits as one by one, faster: the moves of values first, then
  /// bits with the state at hand. A sample of another mode, or of more than a word, is appended by itself.
  public void append(long[] state, int at, long[] timestamps, long[] valueBits, int from, int to) {
    int i = from;
    while (i + RUN_MIN <= to) {
      int begin = i;
      int end = begin + moves(state, at, valueBits, begin, Math.min(to, begin + RUN_MAX));
      int even = begin;
      while (i < end) {
        if (i >= even) {
          even = even(state[at + TIMESTAMP], state[at + DELTA], timestamps, i, end);
        }
        int next = even - i > 1 ? appendEven(state, at, begin, i, even) : appendUneven(state, at, timestamps, begin, i, end);
        if (next > i) {
          i = next;
          state[at + TIMESTAMP] = timestamps[i - 1];
          state[at + VALUE] = valueBits[i - 1];
        } else {
          append(state, at, timestamps[i], valueBits[i]);
          i++;
        }
      }
      if (i < to) {
        append(state, at, timestamps[i], valueBits[i]);
        i++;
      }
    }
    for (; i < to; i++) {
      append(state, at, timestamps[i], valueBits[i]);
    }
  }

  /// Works out moves of values `[from, to)`.
  ///
  /// @return how many fit the mode
  private int moves(long[] state, int at, long[] valueBits, int from, int to) {
    int mode = (int) state[at + PLACE] & 15;
    long before = state[at + VALUE];
    if (mode == 0) {
      return wholeMoves(before, valueBits, from, to);
    }
    if (mode < DECIMALS) {
      return decimalMoves(POWERS[mode], before, valueBits, from, to);
    }
    return mode == NO_MODE ? 0 : bitMoves(SHIFTS[mode - DECIMALS], before, valueBits, from, to);
  }

  /// {@link #decimalMoves} of mode 0, which needs no division.
  private int wholeMoves(long before, long[] valueBits, int from, int to) {
    long[] into = moves;
    long number = decimal(before, 1);
    for (int i = from; i < to; i++) {
      long next = decimal(valueBits[i], 1);
      if (Double.doubleToRawLongBits(next) != valueBits[i]) {
        return i - from;
      }
      into[i - from] = zigzag(next - number);
      number = next;
    }
    return to - from;
  }

  private int decimalMoves(double power, long before, long[] valueBits, int from, int to) {
    long[] into = moves;
    long number = decimal(before, power);
    for (int i = from; i < to; i++) {
      long next = decimal(valueBits[i], power);
      if (Double.doubleToRawLongBits(next / power) != valueBits[i]) {
        return i - from;
      }
      into[i - from] = zigzag(next - number);
      number = next;
    }
    return to - from;
  }

  private int bitMoves(int shift, long before, long[] valueBits, int from, int to) {
    long[] into = moves;
    if (shift == 0) {
      // Every value fits.
      into[0] = zigzag(valueBits[from] - before);
      for (int i = from + 1; i < to; i++) {
        into[i - from] = zigzag(valueBits[i] - valueBits[i - 1]);
      }
      return to - from;
    }
    long number = before >> shift;
    for (int i = from; i < to; i++) {
      long next = valueBits[i] >> shift;
      if (next << shift != valueBits[i]) {
        return i - from;
      }
      into[i - from] = zigzag(next - number);
      number = next;
    }
    return to - from;
  }

  /// Up to where timestamps go on evenly, by the distance that they had.
  private static int even(long before, long delta, long[] timestamps, int from, int to) {
    int i = from;
    long expected = before + delta;
    while (i < to && timestamps[i] == expected) {
      expected += delta;
      i++;
    }
    return i;
  }

  /// Appends samples `[from, to)`, which go on evenly and whose moves are known from sample `begin` on, up to the first one whose move and
  /// names of widths are more than a word: four at once while their moves are narrow and fit the width, on from piece to piece. Loops of
  /// their own for what is usual and the turn to another piece outside of them, since a loop with everything in it keeps its state in
  /// memory, not in registers.
  ///
  /// @return where that is, or `to`
  private int appendEven(long[] state, int at, int begin, int from, int to) {
    long place = state[at + PLACE];
    int width = (int) place >>> 4 & 0xff;
    long tail = state[at + TAIL];
    int piece = (int) (place >>> 32);
    long[] slab = slabs.slab(piece);
    int limit = slabs.offset(piece) + Slabs.PIECE_WORDS;
    int word = slabs.offset(piece) + ((int) place >>> 26 & 63);
    int used = (int) place >>> 20 & 63;
    long[] moves = this.moves;
    int end = to - begin;
    int i = from - begin;
    while (i < end) {
      int length = width + 2;
      int span = span(width);
      if (width <= FOUR_WIDTH_MAX) {
        int two = 2 * length;
        int four = 4 * length;
        long ones = 0b01L | 0b01L << length;
        ones |= ones << two;
        while (i + 3 < end) {
          long first = moves[i];
          long second = moves[i + 1];
          long third = moves[i + 2];
          long fourth = moves[i + 3];
          if (!fits(first, length, span) || !fits(second, length, span) || !fits(third, length, span) || !fits(fourth, length, span)) {
            break;
          }
          i += 4;
          long code = (first | second << length | (third | fourth << length) << two) << 2 | ones;
          tail |= code << used;
          used += four;
          if (used >= 64) {
            slab[word++] = tail;
            used -= 64;
            tail = code >>> 1 >>> four - used - 1;
            if (word == limit) {
              break;
            }
          }
        }
      }
      while (i < end && word < limit) {
        long move = moves[i];
        long code = move << 2 | 0b01;
        int taken = length;
        boolean isUsual = fits(move, length, span);
        if (!isUsual && move == 0) {
          code = 0;
          taken = 1;
        } else if (!isUsual) {
          int widthCode = Math.min(width(move), WIDE);
          taken = 16 + bits(widthCode);
          if (taken > 64) {
            end = i;
            break;
          }
          code = move << 16 | widthCode << 10 | 0b1111;
          width = widthCode;
        }
        i++;
        tail |= code << used;
        used += taken;
        if (used >= 64) {
          slab[word++] = tail;
          used -= 64;
          tail = code >>> 1 >>> taken - used - 1;
        }
        if (!isUsual) {
          break;
        }
      }
      if (word == limit) {
        piece = goBeyond(piece, tail, used);
        slab = slabs.slab(piece);
        limit = slabs.offset(piece) + Slabs.PIECE_WORDS;
        word = slabs.offset(piece) + (beyondBit >>> 6);
        used = beyondBit & 63;
        tail = beyondTail;
      }
    }
    int bit = (word & Slabs.PIECE_WORDS - 1) << 6 | used;
    leave(state, at, tail, (long) piece << 32 | (long) bit << 20 | (int) place & 0xff00f | width << 4);
    return i + begin;
  }

  /// Whether a move fits a width that makes samples of `length` bits, {@link #span} of the same.
  private static boolean fits(long move, int length, int span) {
    return Integer.compareUnsigned(length - 2 - width(move), span) < 0;
  }

  /// How many widths of moves fit the one at hand: itself and the next narrower ones, but not 0 bits.
  private static int span(int width) {
    return width > 62 ? 0 : Math.min(width, SLACK + 1);
  }

  /// As {@link #appendEven}, for samples at any times, one after the other, up to where two times or more go on evenly.
  ///
  /// Whether numbers keep their widths is not asked by {@link #fits}: what the JVM sees there counts for all its callers, and an even run
  /// whose moves all fit would no longer be spared the rest.
  private int appendUneven(long[] state, int at, long[] timestamps, int begin, int from, int to) {
    long place = state[at + PLACE];
    int width = (int) place >>> 4 & 0xff;
    int timeWidth = (int) place >>> 12 & 0xff;
    long tail = state[at + TAIL];
    int piece = (int) (place >>> 32);
    long[] slab = slabs.slab(piece);
    int limit = slabs.offset(piece) + Slabs.PIECE_WORDS;
    int word = slabs.offset(piece) + ((int) place >>> 26 & 63);
    int used = (int) place >>> 20 & 63;
    long[] moves = this.moves;
    long before = state[at + TIMESTAMP];
    long expected = before + state[at + DELTA];
    int i = from;
    boolean isEven = false;
    while (i < to && !isEven) {
      int length = timeWidth + width + 3;
      if (length <= 64) {
        int span = span(width);
        int timeSpan = span(timeWidth);
        while (i < to && word < limit) {
          long move = moves[i - begin];
          long timestamp = timestamps[i];
          long time = zigzag(timestamp - expected);
          if (Integer.compareUnsigned(width - width(move), span) >= 0 || Integer.compareUnsigned(timeWidth - width(time), timeSpan) >= 0) {
            break;
          }
          i++;
          expected = 2 * timestamp - before;
          before = timestamp;
          long code = (move << timeWidth | time) << 3 | 0b011;
          tail |= code << used;
          used += length;
          if (used >= 64) {
            slab[word++] = tail;
            used -= 64;
            tail = code >>> 1 >>> length - used - 1;
          }
        }
      }
      if (i < to && word < limit) {
        long move = moves[i - begin];
        long timestamp = timestamps[i];
        long time = zigzag(timestamp - expected);
        boolean moveFits = Integer.compareUnsigned(width - width(move), span(width)) < 0;
        boolean timeFits = Integer.compareUnsigned(timeWidth - width(time), span(timeWidth)) < 0;
        long code;
        if (moveFits && time == 0) {
          code = move << 2 | 0b01;
          length = width + 2;
        } else if (move == 0 && timeFits) {
          code = time << 4 | 0b0111;
          length = timeWidth + 4;
        } else if (move == 0 && time == 0) {
          code = 0;
          length = 1;
        } else {
          int timeCode = timeCode(timeWidth, time);
          int widthCode = Math.min(width(move), WIDE);
          int timeBits = bits(timeCode);
          length = 16 + timeBits + bits(widthCode);
          if (length > 64) {
            break;
          }
          code = (move << timeBits | time) << 16 | widthCode << 10 | timeCode << 4 | 0b1111;
          timeWidth = keptTimeWidth(timeWidth, timeCode);
          width = widthCode == 0 ? width : widthCode;
        }
        i++;
        expected = 2 * timestamp - before;
        before = timestamp;
        isEven = time == 0 && i < to && timestamps[i] == expected;
        tail |= code << used;
        used += length;
        if (used >= 64) {
          slab[word++] = tail;
          used -= 64;
          tail = code >>> 1 >>> length - used - 1;
        }
      }
      if (word == limit) {
        piece = goBeyond(piece, tail, used);
        slab = slabs.slab(piece);
        limit = slabs.offset(piece) + Slabs.PIECE_WORDS;
        word = slabs.offset(piece) + (beyondBit >>> 6);
        used = beyondBit & 63;
        tail = beyondTail;
      }
    }
    state[at + DELTA] = expected - before;
    int bit = (word & Slabs.PIECE_WORDS - 1) << 6 | used;
    leave(state, at, tail, (long) piece << 32 | (long) bit << 20 | timeWidth << 12 | width << 4 | (int) place & 15);
    return i;
  }

  /// From one value's number to that of another one, in zigzag; 0 when the other does not fit the mode.
  private static long move(int mode, long before, long valueBits) {
    if (mode < DECIMALS) {
      double power = POWERS[mode];
      long number = decimal(valueBits, power);
      double back = mode == 0 ? number : number / power;
      return Double.doubleToRawLongBits(back) == valueBits ? zigzag(number - decimal(before, power)) : 0;
    }
    int shift = SHIFTS[mode - DECIMALS];
    long number = valueBits >> shift;
    return number << shift == valueBits && mode != NO_MODE ? zigzag(number - (before >> shift)) : 0;
  }

  /// Adds the lowest `length` (1 to 64) bits of `code`, lowest first; the others are zero.
  private void add(long[] state, int at, long place, long code, int length) {
    int used = (int) place >>> 20 & 63;
    if (used + length < 64) {
      state[at + TAIL] |= code << used;
      state[at + PLACE] = place + ((long) length << 20);
    } else {
      addOver(state, at, place, code, length);
    }
  }

  /// As {@link #add}, where the word becomes full.
  private void addOver(long[] state, int at, long place, long code, int length) {
    int bit = (int) place >>> 20;
    int piece = (int) (place >>> 32);
    int over = (bit & 63) + length - 64;
    slabs.set(piece, bit >>> 6, state[at + TAIL] | code << bit);
    long rest = over == 0 ? 0 : code >>> length - over;
    if (bit < Slabs.PIECE_BITS - 64) {
      goOn(state, at, rest, place + ((long) length << 20));
    } else {
      addBeyond(state, at, place, rest, over);
    }
  }

  /// Goes on in a new piece.
  private void addBeyond(long[] state, int at, long place, long rest, int over) {
    int next = goBeyond((int) (place >>> 32), rest, over);
    goOn(state, at, beyondTail, (long) next << 32 | (long) beyondBit << 20 | place & 0xfffff);
  }

  /// Takes the piece that follows on one that is full, for the `over` bits of `rest`, and leaves in fields where and how bits go on there.
  private int goBeyond(int piece, long rest, int over) {
    int next = slabs.allocate();
    slabs.link(piece, next);
    beyondBit = NEXT_BIT + over;
    beyondTail = rest << NEXT_BIT;
    if (beyondBit >= 64) {
      slabs.set(next, 0, beyondTail);
      beyondTail = rest >>> 64 - NEXT_BIT;
    }
    return next;
  }

  /// Notes where a run has come, in the same word or in another one.
  private static void leave(long[] state, int at, long tail, long place) {
    if ((place ^ state[at + PLACE]) >>> 26 == 0) {
      state[at + TAIL] = tail;
      state[at + PLACE] = place;
    } else {
      goOn(state, at, tail, place);
    }
  }

  /// Goes on in another word, after the one before was written to the slabs.
  private static void goOn(long[] state, int at, long tail, long place) {
    WORDS.setRelease(state, at + PLACE, MOVING);
    WORDS.setRelease(state, at + TAIL, tail);
    WORDS.setRelease(state, at + PLACE, place);
  }

  private void appendAtLength(long[] state, int at, long change, long move) {
    state[at + DELTA] += change;
    long time = zigzag(change);
    int timeCode = timeCode((int) state[at + PLACE] >>> 12 & 0xff, time);
    int code = Math.min(width(move), WIDE);
    int timeBits = bits(timeCode);
    int length = 16 + timeBits + bits(code);
    long begin = code << 10 | timeCode << 4 | 0b1111;
    if (length <= 64) {
      add(state, at, state[at + PLACE], (move << timeBits | time) << 16 | begin, length);
    } else {
      add(state, at, state[at + PLACE], begin, 16);
      addNumber(state, at, time, timeCode);
      addNumber(state, at, move, code);
    }
    long place = state[at + PLACE];
    int timeWidth = keptTimeWidth((int) place >>> 12 & 0xff, timeCode);
    int width = code == 0 ? (int) place >>> 4 & 0xff : bits(code);
    state[at + PLACE] = place & ~0xffff0 | timeWidth << 12 | width << 4;
  }

  /// How a sample at length names the width of its time: as it is if it may stay so.
  private static int timeCode(int timeWidth, long time) {
    int width = width(time);
    return time == 0 || (timeWidth - width & -1 - SLACK) != 0 ? Math.min(width, WIDE) : timeWidth;
  }

  private void appendWhole(long[] state, int at, long change, long valueBits) {
    state[at + DELTA] += change;
    long time = zigzag(change);
    int timeCode = timeCode((int) state[at + PLACE] >>> 12 & 0xff, time);
    add(state, at, state[at + PLACE], WHOLE << 10 | timeCode << 4 | 0b1111, 16);
    addNumber(state, at, time, timeCode);
    int mode = modeFrom((int) state[at + PLACE] & 15, valueBits);
    add(state, at, state[at + PLACE], mode, MODE_BITS);
    add(state, at, state[at + PLACE], valueBits, 64);
    long place = state[at + PLACE];
    state[at + PLACE] = place & ~0xff00f | keptTimeWidth((int) place >>> 12 & 0xff, timeCode) << 12 | mode;
  }

  /// A number's bits by its code.
  static int bits(int code) {
    return code == WIDE ? 64 : code;
  }

  /// The width of times after a sample at length.
  static int keptTimeWidth(int before, int code) {
    return code == 0 || code > 60 ? before : code;
  }

  private void addNumber(long[] state, int at, long number, int code) {
    if (code > 0) {
      add(state, at, state[at + PLACE], number, bits(code));
    }
  }
}
