package io.tidemark.codec;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;

/// Columns of whole bytes, which need no table: the timestamps or the values of a run of samples between nodes, and the numbers of
/// histograms there and in blocks, where a general compressor shrinks them. Other columns of blocks are those of {@link ColumnEncoder},
/// which takes the decimals and exceptions of values from here.
///
/// A column begins with its kind; the count is kept by the owner. Times:
/// - `0` regular: zigzag first, zigzag delta;
/// - `1` irregular: zigzag first, then zigzag differences of deltas, the first delta's predecessor being 0.
///
/// Values:
/// - `0` constant: 8 bytes of bits;
/// - `1` decimal, `2` decimal with differences of deltas: exponent e (0 to 12), a list of exceptions (varint count, for each varint
///   distance to the index before and 8 bytes of bits), then integers n as zigzag varints, first whole then differences, where the
///   value is the double nearest to n / 10^e; at an exception n repeats;
/// - `3` XOR: the bits of each value XORed with those of the one before, as eight planes of bytes, highest first.
///
/// The encoder picks the kind from the data alone, so equal columns have equal bytes. An instance keeps buffers; one thread.
public final class ColumnCodec {
  private static final int REGULAR = 0;
  private static final int IRREGULAR = 1;
  private static final int CONSTANT = 0;
  private static final int DECIMAL = 1;
  private static final int DECIMAL_STEADY = 2;
  private static final int XOR = 3;
  private static final int EXPONENT_MAX = 12;
  private static final long INTEGER_MAX = 1L << 53;
  private static final double[] POWERS = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

  private long[] integers = new long[0];
  private int[] exceptions = new int[0];
  private int exceptionCount;

  private void reserve(int count) {
    if (integers.length < count) {
      integers = new long[count];
      exceptions = new int[count];
    }
  }

  /// Writes `count` (1 or more) ascending timestamps, relative to `base`.
  public void writeTimes(ByteWriter out, long base, long[] times, int from, int count) {
    boolean regular = true;
    for (int i = 2; i < count && regular; i++) {
      regular = times[from + i] - times[from + i - 1] == times[from + 1] - times[from];
    }
    out.writeByte(regular ? REGULAR : IRREGULAR);
    out.writeZigzag(times[from] - base);
    if (regular) {
      out.writeZigzag(count > 1 ? times[from + 1] - times[from] : 0);
      return;
    }
    long delta = 0;
    for (int i = 1; i < count; i++) {
      long next = times[from + i] - times[from + i - 1];
      out.writeZigzag(next - delta);
      delta = next;
    }
  }

  /// Reads what {@link #writeTimes} wrote into `times[at..at+count)`.
  public void readTimes(ByteReader in, long base, long[] times, int at, int count) {
    int kind = in.readByte();
    long time = base + in.readZigzag();
    times[at] = time;
    if (kind == REGULAR) {
      long delta = in.readZigzag();
      for (int i = 1; i < count; i++) {
        time += delta;
        times[at + i] = time;
      }
    } else if (kind == IRREGULAR) {
      long delta = 0;
      for (int i = 1; i < count; i++) {
        delta += in.readZigzag();
        time += delta;
        times[at + i] = time;
      }
    } else {
      throw unknown("time", kind);
    }
  }

  private static TidemarkException unknown(String what, int kind) {
    return new TidemarkException(ErrorCode.CORRUPT, what + " column of unknown kind " + kind);
  }

  /// Writes `count` (1 or more) values.
  public void writeValues(ByteWriter out, double[] values, int from, int count) {
    if (isConstant(values, from, count)) {
      out.writeByte(CONSTANT);
      out.writeLong(Double.doubleToRawLongBits(values[from]));
      return;
    }
    int exponent = toIntegers(values, from, count);
    if (exponent < 0) {
      writeXor(out, values, from, count);
    } else {
      writeDecimal(out, exponent, values, from, count);
    }
  }

  static boolean isConstant(double[] values, int from, int count) {
    long bits = Double.doubleToRawLongBits(values[from]);
    for (int i = 1; i < count; i++) {
      if (Double.doubleToRawLongBits(values[from + i]) != bits) {
        return false;
      }
    }
    return true;
  }

  /// Fills `integers` and `exceptions`, and returns the exponent, or -1 when decimals do not fit these values.
  int toIntegers(double[] values, int from, int count) {
    reserve(count);
    int exponent = 0;
    int misfits = 0;
    int misfitsMax = count / 8 + 1;
    for (int i = 0; i < count; i++) {
      int needed = exponent(values[from + i], exponent);
      if (needed < 0) {
        if (++misfits > misfitsMax) {
          return -1;
        }
      } else {
        exponent = needed;
      }
    }
    exceptionCount = 0;
    long last = 0;
    for (int i = 0; i < count; i++) {
      double value = values[from + i];
      if (fits(value, exponent)) {
        last = Math.round(value * POWERS[exponent]);
      } else {
        exceptions[exceptionCount++] = i;
        if (exceptionCount > misfitsMax) {
          return -1;
        }
      }
      integers[i] = last;
    }
    return exponent;
  }

  /// What {@link #toIntegers} filled.
  long[] integers() {
    return integers;
  }

  /// Whether some values did not fit.
  boolean hasExceptions() {
    return exceptionCount > 0;
  }

  /// The least exponent from `least` on at which the value is a whole number, or -1.
  private static int exponent(double value, int least) {
    for (int e = least; e <= EXPONENT_MAX; e++) {
      if (fits(value, e)) {
        return e;
      }
    }
    return -1;
  }

  private static boolean fits(double value, int exponent) {
    double scaled = value * POWERS[exponent];
    if (!(Math.abs(scaled) < INTEGER_MAX)) {
      return false;
    }
    double back = Math.round(scaled) / POWERS[exponent];
    return Double.doubleToRawLongBits(back) == Double.doubleToRawLongBits(value);
  }

  private void writeDecimal(ByteWriter out, int exponent, double[] values, int from, int count) {
    long plain = 0;
    long steady = 0;
    long delta = 0;
    for (int i = 1; i < count; i++) {
      long next = integers[i] - integers[i - 1];
      plain += bits(next);
      steady += bits(next - delta);
      delta = next;
    }
    boolean isSteady = steady < plain;
    out.writeByte(isSteady ? DECIMAL_STEADY : DECIMAL);
    out.writeByte(exponent);
    writeExceptions(out, values, from);
    out.writeZigzag(integers[0]);
    delta = 0;
    for (int i = 1; i < count; i++) {
      long next = integers[i] - integers[i - 1];
      out.writeZigzag(isSteady ? next - delta : next);
      delta = next;
    }
  }

  /// Writes what {@link #toIntegers} found to be no decimals.
  void writeExceptions(ByteWriter out, double[] values, int from) {
    out.writeVarint(exceptionCount);
    int before = 0;
    for (int i = 0; i < exceptionCount; i++) {
      out.writeVarint(exceptions[i] - before);
      out.writeLong(Double.doubleToRawLongBits(values[from + exceptions[i]]));
      before = exceptions[i];
    }
  }

  private static int bits(long value) {
    return 64 - Long.numberOfLeadingZeros(value << 1 ^ value >> 63);
  }

  private void writeXor(ByteWriter out, double[] values, int from, int count) {
    long before = 0;
    for (int i = 0; i < count; i++) {
      long bits = Double.doubleToRawLongBits(values[from + i]);
      integers[i] = bits ^ before;
      before = bits;
    }
    out.writeByte(XOR);
    for (int shift = 56; shift >= 0; shift -= 8) {
      for (int i = 0; i < count; i++) {
        out.writeByte((int) (integers[i] >>> shift));
      }
    }
  }

  /// Reads what {@link #writeValues} wrote into `values[at..at+count)`.
  public void readValues(ByteReader in, double[] values, int at, int count) {
    int kind = in.readByte();
    switch (kind) {
      case CONSTANT -> Arrays.fill(values, at, at + count, Double.longBitsToDouble(in.readLong()));
      case DECIMAL, DECIMAL_STEADY -> readDecimal(in, kind == DECIMAL_STEADY, values, at, count);
      case XOR -> readXor(in, values, at, count);
      default -> throw unknown("value", kind);
    }
  }

  private void readDecimal(ByteReader in, boolean isSteady, double[] values, int at, int count) {
    double power = power(in.readByte());
    int exceptionsRead = in.readCount(9);
    int exceptionsAt = in.position();
    for (int i = 0; i < exceptionsRead; i++) {
      in.readVarint();
      in.readLong();
    }
    long integer = in.readZigzag();
    values[at] = integer / power;
    long delta = 0;
    for (int i = 1; i < count; i++) {
      long read = in.readZigzag();
      delta = isSteady ? delta + read : read;
      integer += delta;
      values[at + i] = integer / power;
    }
    if (exceptionsRead > 0) {
      readExceptions(in, exceptionsAt, exceptionsRead, values, at, count, count);
    }
  }

  static double power(int exponent) {
    if (exponent > EXPONENT_MAX) {
      throw new TidemarkException(ErrorCode.CORRUPT, "value column with exponent " + exponent + "; at most " + EXPONENT_MAX);
    }
    return POWERS[exponent];
  }

  /// Reads the exceptions that stand at byte `from` and puts them in their places; the reader stays where it is.
  ///
  /// @param wanted how many of the column's `count` values there is place for; what belongs behind them is left out
  static void readExceptions(ByteReader in, int from, int exceptions, double[] values, int at, int wanted, int count) {
    int end = in.position() + in.remaining();
    int after = in.position();
    in.set(in.array(), from, after);
    int index = 0;
    for (int i = 0; i < exceptions; i++) {
      index += in.readCount(0);
      long bits = in.readLong();
      if (index < 0 || index >= count) {
        throw new TidemarkException(ErrorCode.CORRUPT, "value column with an exception at " + index + " of " + count);
      }
      if (index < wanted) {
        values[at + index] = Double.longBitsToDouble(bits);
      }
    }
    in.set(in.array(), after, end);
  }

  private void readXor(ByteReader in, double[] values, int at, int count) {
    reserve(count);
    Arrays.fill(integers, 0, count, 0);
    int from = in.skip(Math.multiplyExact(count, 8));
    byte[] bytes = in.array();
    for (int plane = 0; plane < 8; plane++) {
      for (int i = 0; i < count; i++) {
        integers[i] = integers[i] << 8 | bytes[from++] & 0xff;
      }
    }
    long bits = 0;
    for (int i = 0; i < count; i++) {
      bits ^= integers[i];
      values[at + i] = Double.longBitsToDouble(bits);
    }
  }
}
