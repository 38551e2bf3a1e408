package io.tidemark.codec;

import java.util.Arrays;

/// Columns in the pages of a block: the timestamps or the values of a run of samples. The count is kept by the owner, and of times the
/// first one.
///
/// Times: zigzag first delta; if there are more than two, numbers ({@link NumberCoder}): differences of deltas, zigzag. Or multiples:
/// varint divisor; zigzag middle; numbers: deltas, divided, minus the middle one, zigzag. The owner keeps which.
///
/// Values begin with a byte:
/// - {@link #CONSTANT}: 8 bytes of bits;
/// - {@link #PLAIN}: a byte, see below; maybe exceptions, as in {@link ColumnCodec}; zigzag first integer; maybe a divisor, varint; zigzag
///   middle; numbers: differences, divided, minus the middle one, zigzag;
/// - {@link #STEADY}: the same with differences of differences, the middle being the first difference.
///
/// The byte is the exponent e, 0 to 12: values are integers / 10^e; or {@link #BITS}: the integers are the values' bits. With it
/// {@link #EXCEPTIONS} and {@link #DIVISOR} say that these are there.
///
/// An instance keeps buffers; one thread.
public final class ColumnDecoder {
  static final int CONSTANT = 0;
  static final int PLAIN = 4;
  static final int STEADY = 5;
  static final int BITS = 15;
  static final int EXCEPTIONS = 0x10;
  static final int DIVISOR = 0x20;

  /// Bytes of any content that must follow the last column of a page.
  public static final int PADDING = NumberCoder.PADDING;

  private final NumberCoder coder = new NumberCoder();
  private long[] numbers = new long[0];

  /// Whether a column that begins with this byte is one of values of this codec.
  public static boolean isValues(int first) {
    return first == CONSTANT || first == PLAIN || first == STEADY;
  }

  private long[] numbers(ByteReader in, Codebook book, int wanted, int count) {
    if (numbers.length < wanted) {
      numbers = new long[Math.max(wanted, 512)];
    }
    coder.read(in, book, numbers, wanted, count);
    return numbers;
  }

  /// Reads a column of `count` timestamps of which the first is known into `times[at..at+count)`.
  ///
  /// @param areMultiples what {@link ColumnEncoder#addTimes} returned
  public void readTimes(ByteReader in, Codebook book, boolean areMultiples, long first, long[] times, int at, int count) {
    if (areMultiples) {
      readMultiples(in, book, first, times, at, count);
      return;
    }
    long time = first;
    long delta = in.readZigzag();
    times[at] = time;
    if (count > 1) {
      time += delta;
      times[at + 1] = time;
    }
    if (count > 2) {
      long[] z = numbers(in, book, count - 2, count - 2);
      for (int i = 2; i < count; i++) {
        long raw = z[i - 2];
        delta += raw >>> 1 ^ -(raw & 1);
        time += delta;
        times[at + i] = time;
      }
    }
  }

  private void readMultiples(ByteReader in, Codebook book, long first, long[] times, int at, int count) {
    long divisor = in.readVarint();
    long middle = in.readZigzag();
    long[] z = numbers(in, book, count - 1, count - 1);
    long time = first;
    times[at] = time;
    for (int i = 1; i < count; i++) {
      long raw = z[i - 1];
      time += (middle + (raw >>> 1 ^ -(raw & 1))) * divisor;
      times[at + i] = time;
    }
  }

  /// Reads the first `wanted` (1 or more) of a column of `count` values into `values[at..at+wanted)`. That takes no longer than they are.
  public void readValues(ByteReader in, Codebook book, double[] values, int at, int wanted, int count) {
    int kind = in.readByte();
    switch (kind) {
      case CONSTANT -> Arrays.fill(values, at, at + wanted, Double.longBitsToDouble(in.readLong()));
      case PLAIN, STEADY -> readIntegers(in, book, kind == STEADY, values, at, wanted, count);
      default -> throw in.corrupt("value column of unknown kind " + kind);
    }
  }

  private void readIntegers(ByteReader in, Codebook book, boolean isSteady, double[] values, int at, int wanted, int count) {
    int how = in.readByte();
    int exponent = how & 15;
    int exceptionsAt = 0;
    int exceptions = 0;
    if ((how & EXCEPTIONS) != 0) {
      exceptions = in.readCount(9);
      exceptionsAt = in.position();
      for (int i = 0; i < exceptions; i++) {
        in.readVarint();
        in.readLong();
      }
    }
    long integer = in.readZigzag();
    long divisor = (how & DIVISOR) != 0 ? in.readVarint() : 1;
    long middle = in.readZigzag() * divisor;
    long[] z = numbers(in, book, wanted - 1, count - 1);
    if (isSteady) {
      long delta = middle;
      for (int i = 0; i < wanted - 1; i++) {
        long raw = z[i];
        delta += (raw >>> 1 ^ -(raw & 1)) * divisor;
        z[i] = integer;
        integer += delta;
      }
    } else {
      for (int i = 0; i < wanted - 1; i++) {
        long raw = z[i];
        z[i] = integer;
        integer += middle + (raw >>> 1 ^ -(raw & 1)) * divisor;
      }
    }
    toValues(exponent, z, integer, values, at, wanted - 1);
    if (exceptions > 0) {
      ColumnCodec.readExceptions(in, exceptionsAt, exceptions, values, at, wanted, count);
    }
  }

  private static void toValues(int exponent, long[] integers, long last, double[] values, int at, int count) {
    if (exponent == BITS) {
      for (int i = 0; i < count; i++) {
        values[at + i] = Double.longBitsToDouble(integers[i]);
      }
      values[at + count] = Double.longBitsToDouble(last);
    } else if (exponent == 0) {
      for (int i = 0; i < count; i++) {
        values[at + i] = integers[i];
      }
      values[at + count] = last;
    } else {
      double power = ColumnCodec.power(exponent);
      for (int i = 0; i < count; i++) {
        values[at + i] = integers[i] / power;
      }
      values[at + count] = last / power;
    }
  }
}
