package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Unsigned numbers as a stream of bits, entropy coded by a table.
///
/// ```
/// number of the table, a byte; nothing more when it is 0: all numbers are 0
/// two states of 11 bits, for the numbers of even and of odd places | for each number: its low bits, the bits of the next state
/// ```
/// Bits fill bytes from the lowest up. Two states, because each number waits for the state before: with two the processor works at two
/// numbers at once. The last numbers have no next
/// state; of the last but one its bits are 0, of the last there are none. {@link #PADDING} bytes follow the last column of a page, so that reading
/// a whole long never leaves it.
///
/// An instance keeps buffers; one thread.
final class NumberCoder {
  /// Bytes that must follow a column, whatever they are.
  static final int PADDING = 8;
  /// Stands for low bits that may not be in one long with what else is read, and for the escape.
  static final int LONG = 63;
  private static final int LOW_BITS_MAX = 46;
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int[] counts = new int[Tokens.COUNT];
  private int[] stateBits = new int[0];
  private byte[] stateBitCounts = new byte[0];

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
    int[] states = {0, 0};
    for (int i = count - 1; i >= 0; i--) {
      int token = Tokens.of(numbers[from + i]);
      token = table.has(token) ? token : Tokens.ESCAPE;
      int slots = table.slots(token);
      int begin = table.encodingFrom(token);
      int shift = EntropyTable.STATE_BITS - 31 + Integer.numberOfLeadingZeros(slots);
      if (i >= count - 2) {
        states[i & 1] = encoding[begin];
        stateBits[i] = 0;
        stateBitCounts[i] = (byte) (i == count - 1 ? 0 : shift);
        continue;
      }
      int state = EntropyTable.STATES + states[i & 1];
      shift -= state >>> shift < slots ? 1 : 0;
      stateBits[i] = state & (1 << shift) - 1;
      stateBitCounts[i] = (byte) shift;
      states[i & 1] = encoding[begin + (state >>> shift) - slots];
    }
    bits.write(states[0], EntropyTable.STATE_BITS);
    bits.write(states[1], EntropyTable.STATE_BITS);
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

  /// Reads the first `wanted` of the numbers that {@link #write} wrote, into `numbers[0..wanted)`.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when the bits end too early or name a table that is not there
  static void read(ByteReader in, Codebook book, long[] numbers, int wanted) {
    int number = in.readByte();
    if (number == Codebook.ZEROS) {
      Arrays.fill(numbers, 0, wanted, 0);
      return;
    }
    if (number > book.last()) {
      throw in.corrupt("table " + number + " of " + book.last());
    }
    try {
      read(in.array(), in.position(), book.table(number).decoding(), numbers, wanted);
    } catch (IndexOutOfBoundsException e) {
      throw in.corrupt("a column of " + wanted + " numbers or more ends too early");
    }
  }

  private static void read(byte[] bytes, int from, int[] decoding, long[] numbers, int wanted) {
    long at = 8L * from;
    long window = (long) LONGS.get(bytes, from);
    int even = (int) window & EntropyTable.STATES - 1;
    int odd = (int) (window >>> EntropyTable.STATE_BITS) & EntropyTable.STATES - 1;
    at += 2 * EntropyTable.STATE_BITS;
    for (int i = 0; i < wanted; i++) {
      int entry = decoding[even];
      even = odd;
      window = (long) LONGS.get(bytes, (int) (at >>> 3)) >>> (at & 7);
      int low = entry >>> 9 & 63;
      int next = entry >>> 15 & 15;
      if (low > LOW_BITS_MAX) {
        int token = entry & 0x1ff;
        if (token == Tokens.ESCAPE) {
          token = (int) window & 0xff;
          at += Tokens.ESCAPE_BITS;
        }
        low = Tokens.lowBits(token);
        numbers[i] = Tokens.least(token) + longBits(bytes, at, low);
        at += low;
        window = (long) LONGS.get(bytes, (int) (at >>> 3)) >>> (at & 7);
        at += next;
        odd = (entry >>> 19) + (int) (window & (1L << next) - 1);
        continue;
      }
      numbers[i] = Tokens.least(entry & 0x1ff) + (window & (1L << low) - 1);
      odd = (entry >>> 19) + (int) (window >>> low & (1L << next) - 1);
      at += low + next;
    }
  }

  /// Up to 62 bits.
  private static long longBits(byte[] bytes, long at, int count) {
    long first = (long) LONGS.get(bytes, (int) (at >>> 3)) >>> (at & 7);
    if (count <= 56) {
      return first & (1L << count) - 1;
    }
    long high = (long) LONGS.get(bytes, (int) (at + 32 >>> 3)) >>> (at & 7);
    return first & 0xffff_ffffL | (high & (1L << count - 32) - 1) << 32;
  }
}
