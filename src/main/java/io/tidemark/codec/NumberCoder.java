package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Unsigned numbers as a stream of bits, entropy coded by a table.
///
/// ```
/// number of the table, a byte; nothing more when it is 0: all numbers are 0
/// four states of 11 bits | for each number: its low bits, the bits of the next state
/// ```
/// Bits fill bytes from the lowest up. Number i is of state i mod 4, because each number waits for the state before: with four the
/// processor works at four numbers at once. The last four numbers have no next state, and no bits of it. {@link #PADDING} bytes follow the
/// last column of a page, so that reading a whole long never leaves it.
///
/// An instance keeps buffers; one thread.
final class NumberCoder {
  /// Bytes that must follow a column, whatever they are.
  static final int PADDING = 8;
  static final int LANES = 4;
  /// In place of the bits of a number, for those that may not be in one long with what else is read, and for the escape.
  static final int LONG = 63;
  /// So many bits are in a long that begins anywhere in a byte.
  static final int BITS_MAX = 57;
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int[] counts = new int[Tokens.COUNT];
  private int[] stateBits = new int[0];
  private byte[] stateBitCounts = new byte[0];
  private final int[] states = new int[LANES];
  /// Where the next bit is read.
  private long at;

  // ---- writing

  /// Adds the tokens of numbers to `counts`.
  static void count(long[] numbers, int from, int count, int[] counts) {
    for (int i = from; i < from + count; i++) {
      counts[Tokens.of(numbers[i])]++;
    }
  }

  /// Writes `count` numbers by the table of the book that suits them best.
  void write(ByteWriter out, Codebook book, long[] numbers, int from, int count) {
    Arrays.fill(counts, 0);
    count(numbers, from, count, counts);
    if (counts[0] == count) {
      out.writeByte(Codebook.ZEROS);
      return;
    }
    int number = book.best(counts);
    out.writeByte(number);
    EntropyTable table = book.table(number);
    var bits = new BitWriter(out);
    writeStates(bits, table, numbers, from, count);
    for (int i = 0; i < count; i++) {
      long value = numbers[from + i];
      int token = Tokens.of(value);
      if (!table.has(token)) {
        bits.write(token, Tokens.ESCAPE_BITS);
      }
      bits.write(value - Tokens.least(token), Tokens.lowBits(token));
      bits.write(stateBits[i], stateBitCounts[i]);
    }
    bits.end();
  }

  /// Goes through the states from the last number to the first, as this code must, and keeps each one's bits; writes the first states.
  private void writeStates(BitWriter bits, EntropyTable table, long[] numbers, int from, int count) {
    if (stateBits.length < count) {
      stateBits = new int[count];
      stateBitCounts = new byte[count];
    }
    int[] encoding = table.encoding();
    Arrays.fill(states, 0);
    for (int i = count - 1; i >= 0; i--) {
      int token = Tokens.of(numbers[from + i]);
      token = table.has(token) ? token : Tokens.ESCAPE;
      int slots = table.slots(token);
      int begin = table.encodingFrom(token);
      int shift = EntropyTable.STATE_BITS - 31 + Integer.numberOfLeadingZeros(slots);
      if (i >= count - LANES) {
        states[i % LANES] = encoding[begin];
        stateBits[i] = 0;
        stateBitCounts[i] = 0;
        continue;
      }
      int state = EntropyTable.STATES + states[i % LANES];
      shift -= state >>> shift < slots ? 1 : 0;
      stateBits[i] = state & (1 << shift) - 1;
      stateBitCounts[i] = (byte) shift;
      states[i % LANES] = encoding[begin + (state >>> shift) - slots];
    }
    for (int state : states) {
      bits.write(state, EntropyTable.STATE_BITS);
    }
  }

  private static final class BitWriter {
    private final ByteWriter out;
    private long waiting;
    private int waitingCount;

    BitWriter(ByteWriter out) {
      this.out = out;
    }

    /// The lowest `count` (0 to 62) bits of `bits`, above which there are none.
    void write(long bits, int count) {
      waiting |= bits << waitingCount;
      int before = waitingCount;
      waitingCount += count;
      if (waitingCount >= 64) {
        out.writeLong(waiting);
        waitingCount -= 64;
        waiting = before == 0 ? 0 : bits >>> 64 - before;
      }
    }

    void end() {
      for (; waitingCount > 0; waitingCount -= 8, waiting >>>= 8) {
        out.writeByte((int) waiting);
      }
    }
  }

  // ---- reading

  /// Reads the first `wanted` of the `count` numbers that {@link #write} wrote, into `numbers[0..wanted)`.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when the bits end too early or name a table that is not there
  void read(ByteReader in, Codebook book, long[] numbers, int wanted, int count) {
    int number = in.readByte();
    if (number == Codebook.ZEROS) {
      Arrays.fill(numbers, 0, wanted, 0);
      return;
    }
    if (number > book.last()) {
      throw in.corrupt("table " + number + " of " + book.last());
    }
    try {
      read(in.array(), in.position(), book.table(number).decoding(), numbers, wanted, count);
    } catch (IndexOutOfBoundsException e) {
      throw in.corrupt("a column of " + wanted + " numbers or more ends too early");
    }
  }

  private void read(byte[] bytes, int from, int[] decoding, long[] numbers, int wanted, int count) {
    long window = (long) LONGS.get(bytes, from);
    int mask = EntropyTable.STATES - 1;
    int a = (int) window & mask;
    int b = (int) (window >>> EntropyTable.STATE_BITS) & mask;
    int c = (int) (window >>> 2 * EntropyTable.STATE_BITS) & mask;
    int d = (int) (window >>> 3 * EntropyTable.STATE_BITS) & mask;
    long bit = 8L * from + LANES * EntropyTable.STATE_BITS;
    int i = 0;
    for (int end = Math.min(wanted, count - LANES); i + LANES <= end; i += LANES) {
      int ofA = decoding[a];
      int ofB = decoding[b];
      int ofC = decoding[c];
      int ofD = decoding[d];
      int bitsA = EntropyTable.allBits(ofA);
      int bitsAB = bitsA + EntropyTable.allBits(ofB);
      if (bitsAB <= BITS_MAX) {
        window = (long) LONGS.get(bytes, (int) (bit >>> 3)) >>> (bit & 7);
        numbers[i] = Tokens.least(EntropyTable.token(ofA)) + (window & mask(EntropyTable.lowBits(ofA)));
        a = EntropyTable.next(ofA) + (int) ((window & mask(bitsA)) >>> EntropyTable.lowBits(ofA));
        window >>>= bitsA;
        numbers[i + 1] = Tokens.least(EntropyTable.token(ofB)) + (window & mask(EntropyTable.lowBits(ofB)));
        b = EntropyTable.next(ofB) + (int) ((window & mask(bitsAB - bitsA)) >>> EntropyTable.lowBits(ofB));
        bit += bitsAB;
      } else {
        at = bit;
        a = readOne(bytes, ofA, numbers, i, true);
        b = readOne(bytes, ofB, numbers, i + 1, true);
        bit = at;
      }
      int bitsC = EntropyTable.allBits(ofC);
      int bitsCD = bitsC + EntropyTable.allBits(ofD);
      if (bitsCD <= BITS_MAX) {
        window = (long) LONGS.get(bytes, (int) (bit >>> 3)) >>> (bit & 7);
        numbers[i + 2] = Tokens.least(EntropyTable.token(ofC)) + (window & mask(EntropyTable.lowBits(ofC)));
        c = EntropyTable.next(ofC) + (int) ((window & mask(bitsC)) >>> EntropyTable.lowBits(ofC));
        window >>>= bitsC;
        numbers[i + 3] = Tokens.least(EntropyTable.token(ofD)) + (window & mask(EntropyTable.lowBits(ofD)));
        d = EntropyTable.next(ofD) + (int) ((window & mask(bitsCD - bitsC)) >>> EntropyTable.lowBits(ofD));
        bit += bitsCD;
      } else {
        at = bit;
        c = readOne(bytes, ofC, numbers, i + 2, true);
        d = readOne(bytes, ofD, numbers, i + 3, true);
        bit = at;
      }
    }
    at = bit;
    states[0] = a;
    states[1] = b;
    states[2] = c;
    states[3] = d;
    for (; i < wanted; i++) {
      states[i % LANES] = readOne(bytes, decoding[states[i % LANES]], numbers, i, i < count - LANES);
    }
  }

  /// Reads a number of any length and returns its next state, if it has one.
  private int readOne(byte[] bytes, int entry, long[] numbers, int place, boolean hasNext) {
    int token = EntropyTable.token(entry);
    int low = EntropyTable.lowBits(entry);
    int next = EntropyTable.allBits(entry) - low;
    if (EntropyTable.allBits(entry) == LONG) {
      next = low;
      if (token == Tokens.ESCAPE) {
        token = (int) bits(bytes, Tokens.ESCAPE_BITS);
      }
      low = Tokens.lowBits(token);
    }
    numbers[place] = Tokens.least(token) + bits(bytes, low);
    return hasNext ? EntropyTable.next(entry) + (int) bits(bytes, next) : 0;
  }

  /// The next `count` bits, at most 62.
  private long bits(byte[] bytes, int count) {
    long first = (long) LONGS.get(bytes, (int) (at >>> 3)) >>> (at & 7);
    long bits = first & mask(count);
    if (count > BITS_MAX - 1) {
      long high = (long) LONGS.get(bytes, (int) (at + 32 >>> 3)) >>> (at & 7);
      bits = first & mask(32) | (high & mask(count - 32)) << 32;
    }
    at += count;
    return bits;
  }

  /// As many ones, at most 63.
  private static long mask(int count) {
    return (1L << count) - 1;
  }
}
