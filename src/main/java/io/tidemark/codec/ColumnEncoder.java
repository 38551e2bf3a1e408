package io.tidemark.codec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Writes columns of a block, as {@link ColumnDecoder} describes them, with a codebook that grows as they come.
///
/// Columns are added until {@link #learn}, which lets the codebook see them together, and are then written one by one. The encoder picks
/// from the data and the order of columns alone, so equal series have equal bytes. An instance keeps buffers; one thread.
public final class ColumnEncoder {
  /// A column that was added.
  private static final class Added {
    /// What stands before the numbers.
    final ByteWriter head = new ByteWriter(32);
    int numbersAt;
    int numbersCount;
  }

  /// About what a divisor takes before the numbers of times.
  private static final int MULTIPLES_HEAD_BITS = 16;

  private final Codebook book;
  private final ColumnCodec decimals = new ColumnCodec();
  private final NumberCoder coder = new NumberCoder();
  /// Used again; the first `count` hold something.
  private final List<Added> columns = new ArrayList<>();
  private int count;
  private long[] numbers = new long[1024];
  private int numbersCount;
  private long[] others = new long[0];
  private final int[] tokens = new int[Tokens.COUNT];

  public ColumnEncoder(Codebook book) {
    this.book = book;
  }

  /// Forgets the columns that were added.
  public void clear() {
    count = 0;
    numbersCount = 0;
    Arrays.fill(tokens, 0);
  }

  private Added begin(int numbersMax) {
    if (count == columns.size()) {
      columns.add(new Added());
    }
    Added column = columns.get(count++);
    column.head.clear();
    column.numbersAt = numbersCount;
    column.numbersCount = 0;
    if (numbers.length - numbersCount < numbersMax) {
      numbers = Arrays.copyOf(numbers, Math.max(numbersCount + numbersMax, numbers.length * 2));
    }
    if (others.length < numbersMax) {
      others = new long[numbersMax];
    }
    return column;
  }

  private void end(Added column, int numbersOfIt) {
    column.numbersCount = numbersOfIt;
    NumberCoder.count(numbers, column.numbersAt, numbersOfIt, tokens);
    numbersCount += numbersOfIt;
  }

  /// Adds a column of `count` (1 or more) ascending timestamps, as multiples of what divides their distances if that takes fewer bits.
  ///
  /// @return whether it is one of multiples, as {@link ColumnDecoder#readTimes} asks
  public boolean addTimes(long[] times, int from, int count) {
    Added column = begin(count);
    if (count > 2 && addMultiples(column, times, from, count)) {
      return true;
    }
    long first = count > 1 ? times[from + 1] - times[from] : 0;
    column.head.writeZigzag(first);
    long delta = first;
    for (int i = 2; i < count; i++) {
      long next = times[from + i] - times[from + i - 1];
      numbers[column.numbersAt + i - 2] = zigzag(next - delta);
      delta = next;
    }
    end(column, Math.max(0, count - 2));
    return false;
  }

  private boolean addMultiples(Added column, long[] times, int from, int count) {
    long[] z = numbers;
    int at = column.numbersAt;
    long delta = times[from + 1] - times[from];
    int steadyBits = 0;
    for (int i = 0; i < count - 1; i++) {
      long next = times[from + i + 1] - times[from + i];
      z[at + i] = next;
      steadyBits += bits(zigzag(next - delta));
      delta = next;
    }
    long divisor = divisor(z, at, count - 1);
    for (int i = 0; i < count - 1; i++) {
      z[at + i] /= divisor;
      others[i] = z[at + i];
    }
    long middle = Median.of(others, count - 1);
    int plainBits = MULTIPLES_HEAD_BITS;
    for (int i = 0; i < count - 1; i++) {
      z[at + i] = zigzag(z[at + i] - middle);
      plainBits += bits(z[at + i]);
    }
    if (plainBits >= steadyBits) {
      return false;
    }
    column.head.writeVarint(divisor);
    column.head.writeZigzag(middle);
    end(column, count - 1);
    return true;
  }

  private static int bits(long number) {
    return 64 - Long.numberOfLeadingZeros(number);
  }

  /// Adds a column of `count` (1 or more) values.
  public void addValues(double[] values, int from, int count) {
    Added column = begin(count);
    if (ColumnCodec.isConstant(values, from, count)) {
      column.head.writeByte(ColumnDecoder.CONSTANT);
      column.head.writeLong(Double.doubleToRawLongBits(values[from]));
      return;
    }
    int exponent = decimals.toIntegers(values, from, count);
    long[] integers = decimals.integers();
    if (exponent < 0) {
      exponent = ColumnDecoder.BITS;
      for (int i = 0; i < count; i++) {
        integers[i] = Double.doubleToRawLongBits(values[from + i]);
      }
    }
    addIntegers(column, exponent, integers, values, from, count);
  }

  private void addIntegers(Added column, int exponent, long[] integers, double[] values, int from, int count) {
    long[] z = numbers;
    int at = column.numbersAt;
    for (int i = 1; i < count; i++) {
      z[at + i - 1] = integers[i] - integers[i - 1];
    }
    long divisor = exponent == ColumnDecoder.BITS ? 1 : divisor(z, at, count - 1);
    if (divisor > 1) {
      for (int i = 0; i < count - 1; i++) {
        z[at + i] /= divisor;
      }
    }
    System.arraycopy(z, at, others, 0, count - 1);
    long middle = Median.of(others, count - 1);
    long first = z[at];
    boolean isSteady = toNumbers(at, count - 1, middle);
    boolean hasExceptions = exponent != ColumnDecoder.BITS && decimals.hasExceptions();
    ByteWriter head = column.head;
    head.writeByte(isSteady ? ColumnDecoder.STEADY : ColumnDecoder.PLAIN);
    head.writeByte(exponent | (hasExceptions ? ColumnDecoder.EXCEPTIONS : 0) | (divisor > 1 ? ColumnDecoder.DIVISOR : 0));
    if (hasExceptions) {
      decimals.writeExceptions(head, values, from);
    }
    head.writeZigzag(integers[0]);
    if (divisor > 1) {
      head.writeVarint(divisor);
    }
    head.writeZigzag(isSteady ? first : middle);
    end(column, count - 1);
  }

  /// The greatest number that divides all, 1 when they are 0.
  private static long divisor(long[] numbers, int from, int count) {
    long divisor = 0;
    for (int i = from; i < from + count && divisor != 1; i++) {
      long a = Math.abs(numbers[i]);
      while (a != 0) {
        long rest = divisor % a;
        divisor = a;
        a = rest;
      }
    }
    return Math.max(1, divisor);
  }

  /// Turns differences into numbers: by their distance from the middle one, or from the one before if that takes fewer bits.
  private boolean toNumbers(int at, int count, long middle) {
    long[] z = numbers;
    long delta = z[at];
    int plainBits = 0;
    int steadyBits = 0;
    for (int i = 0; i < count; i++) {
      long next = z[at + i];
      z[at + i] = zigzag(next - middle);
      others[i] = zigzag(next - delta);
      plainBits += bits(z[at + i]);
      steadyBits += bits(others[i]);
      delta = next;
    }
    if (steadyBits >= plainBits) {
      return false;
    }
    System.arraycopy(others, 0, z, at, count);
    return true;
  }

  private static long zigzag(long value) {
    return value << 1 ^ value >> 63;
  }

  /// Lets the codebook see the columns that were added.
  public void learn() {
    if (numbersCount > 0 && tokens[0] < numbersCount) {
      book.learn(tokens);
    }
  }

  /// Writes a column that was added; they are numbered from 0.
  public void write(int column, ByteWriter out) {
    Added added = columns.get(column);
    out.writeBytes(added.head.array(), 0, added.head.count());
    if (added.numbersCount > 0) {
      coder.write(out, book, numbers, added.numbersAt, added.numbersCount);
    }
  }
}
