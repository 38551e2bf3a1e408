package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Columns in the pages of a {@link PlaneWriter}: numbers of fixed width, which are read by loops without branches, and whose bytes lie
/// with their like. A column's head is in the stream of heads; the count is kept by the owner.
///
/// Times:
/// - `0` regular: zigzag first, zigzag delta;
/// - `2` planes: zigzag first, zigzag first delta, numbers: differences of deltas, zigzag.
///
/// Values:
/// - `0` constant: 8 bytes of bits;
/// - `4` decimal: exponent, exceptions and integers as in {@link ColumnCodec}; zigzag first integer, zigzag middle, numbers: differences
///   minus the middle one, zigzag; `5` steady: the same with differences of differences, the middle being the first difference;
/// - `6` XOR: 8 bytes of the first value's bits, numbers: the bits of each other value XOR those before.
///
/// Numbers: a byte with their width 0 to 8, then for each plane up to there, varint, where theirs begin in it.
///
/// The encoder picks from the data alone, so equal columns have equal bytes. An instance keeps buffers; one thread.
public final class PlaneCodec {
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int REGULAR = 0;
  private static final int TIME_PLANES = 2;
  private static final int CONSTANT = 0;
  private static final int DECIMAL = 4;
  private static final int DECIMAL_STEADY = 5;
  private static final int XOR = 6;

  private final ColumnCodec decimals = new ColumnCodec();
  private long[] numbers = new long[0];
  private long[] others = new long[0];
  private final int[] starts = new int[PlaneWriter.PLANES];

  private long[] numbers(int count) {
    if (numbers.length < count) {
      numbers = new long[count];
    }
    return numbers;
  }

  /// Whether a column of values that begins with this byte is one of this codec's.
  public static boolean isValues(int first) {
    return first == CONSTANT || first >= DECIMAL && first <= XOR;
  }

  /// Whether a column of times that begins with this byte is one of this codec's.
  public static boolean isTimes(int first) {
    return first == REGULAR || first == TIME_PLANES;
  }

  // ---- writing

  /// Writes `count` (1 or more) ascending timestamps, relative to `base`.
  public void writeTimes(PlaneWriter out, long base, long[] times, int from, int count) {
    long first = count > 1 ? times[from + 1] - times[from] : 0;
    long[] z = numbers(count);
    long delta = first;
    long all = 0;
    for (int i = 1; i < count; i++) {
      long next = times[from + i] - times[from + i - 1];
      z[i - 1] = zigzag(next - delta);
      all |= z[i - 1];
      delta = next;
    }
    ByteWriter head = out.heads();
    head.writeByte(all == 0 ? REGULAR : TIME_PLANES);
    head.writeZigzag(times[from] - base);
    head.writeZigzag(first);
    if (all != 0) {
      writeNumbers(out, z, count - 1);
    }
  }

  /// Writes `count` (1 or more) values.
  public void writeValues(PlaneWriter out, double[] values, int from, int count) {
    ByteWriter head = out.heads();
    if (ColumnCodec.isConstant(values, from, count)) {
      head.writeByte(CONSTANT);
      head.writeLong(Double.doubleToRawLongBits(values[from]));
      return;
    }
    int exponent = decimals.toIntegers(values, from, count);
    if (exponent < 0) {
      writeXor(out, values, from, count);
    } else {
      writeDecimal(out, exponent, values, from, count);
    }
  }

  private void writeDecimal(PlaneWriter out, int exponent, double[] values, int from, int count) {
    long[] integers = decimals.integers();
    long[] z = numbers(count);
    if (others.length < count) {
      others = new long[count];
    }
    for (int i = 1; i < count; i++) {
      z[i - 1] = integers[i] - integers[i - 1];
    }
    System.arraycopy(z, 0, others, 0, count - 1);
    long middle = Median.of(others, count - 1);
    long first = z[0];
    long delta = first;
    int plainBits = 0;
    int steadyBits = 0;
    for (int i = 0; i < count - 1; i++) {
      long next = z[i];
      z[i] = zigzag(next - middle);
      others[i] = zigzag(next - delta);
      plainBits += 64 - Long.numberOfLeadingZeros(z[i]);
      steadyBits += 64 - Long.numberOfLeadingZeros(others[i]);
      delta = next;
    }
    boolean isSteady = steadyBits < plainBits;
    ByteWriter head = out.heads();
    head.writeByte(isSteady ? DECIMAL_STEADY : DECIMAL);
    head.writeByte(exponent);
    decimals.writeExceptions(head, values, from);
    head.writeZigzag(integers[0]);
    head.writeZigzag(isSteady ? first : middle);
    writeNumbers(out, isSteady ? others : z, count - 1);
  }

  private void writeXor(PlaneWriter out, double[] values, int from, int count) {
    long[] xored = numbers(count);
    long before = Double.doubleToRawLongBits(values[from]);
    ByteWriter head = out.heads();
    head.writeByte(XOR);
    head.writeLong(before);
    for (int i = 1; i < count; i++) {
      long bits = Double.doubleToRawLongBits(values[from + i]);
      xored[i - 1] = bits ^ before;
      before = bits;
    }
    writeNumbers(out, xored, count - 1);
  }

  private static long zigzag(long value) {
    return value << 1 ^ value >> 63;
  }

  private static void writeNumbers(PlaneWriter out, long[] numbers, int count) {
    long all = 0;
    for (int i = 0; i < count; i++) {
      all |= numbers[i];
    }
    int width = (64 - Long.numberOfLeadingZeros(all) + 7) / 8;
    out.heads().writeByte(width);
    for (int k = 0; k < width; k++) {
      ByteWriter plane = out.plane(k);
      out.heads().writeVarint(plane.count());
      for (int i = 0; i < count; i++) {
        plane.writeByte((int) (numbers[i] >>> 8 * k));
      }
    }
  }

  // ---- reading

  /// Reads what {@link #writeTimes} wrote into `times[at..at+count)`.
  ///
  /// @param head over a whole page, at the column's head
  public void readTimes(ByteReader head, long base, long[] times, int at, int count) {
    int kind = head.readByte();
    long time = base + head.readZigzag();
    long delta = head.readZigzag();
    times[at] = time;
    if (kind == REGULAR) {
      for (int i = 1; i < count; i++) {
        time += delta;
        times[at + i] = time;
      }
    } else if (kind == TIME_PLANES) {
      long[] z = readNumbers(head, count - 1);
      for (int i = 1; i < count; i++) {
        long raw = z[i - 1];
        delta += raw >>> 1 ^ -(raw & 1);
        time += delta;
        times[at + i] = time;
      }
    } else {
      throw head.corrupt("time column of unknown kind " + kind);
    }
  }

  /// Reads what {@link #writeValues} wrote into `values[at..at+count)`.
  ///
  /// @param head over a whole page, at the column's head
  public void readValues(ByteReader head, double[] values, int at, int count) {
    int kind = head.readByte();
    switch (kind) {
      case CONSTANT -> {
        double value = Double.longBitsToDouble(head.readLong());
        for (int i = 0; i < count; i++) {
          values[at + i] = value;
        }
      }
      case DECIMAL, DECIMAL_STEADY -> readDecimal(head, kind == DECIMAL_STEADY, values, at, count);
      case XOR -> {
        long bits = head.readLong();
        long[] xored = readNumbers(head, count - 1);
        values[at] = Double.longBitsToDouble(bits);
        for (int i = 1; i < count; i++) {
          bits ^= xored[i - 1];
          values[at + i] = Double.longBitsToDouble(bits);
        }
      }
      default -> throw head.corrupt("value column of unknown kind " + kind);
    }
  }

  private void readDecimal(ByteReader head, boolean isSteady, double[] values, int at, int count) {
    double power = ColumnCodec.power(head.readByte());
    int exceptions = head.readCount(9);
    int exceptionsAt = head.position();
    for (int i = 0; i < exceptions; i++) {
      head.readVarint();
      head.readLong();
    }
    long integer = head.readZigzag();
    long middle = head.readZigzag();
    long[] z = readNumbers(head, count - 1);
    if (isSteady) {
      long delta = middle;
      for (int i = 0; i < count - 1; i++) {
        long raw = z[i];
        delta += raw >>> 1 ^ -(raw & 1);
        z[i] = delta;
      }
    } else {
      for (int i = 0; i < count - 1; i++) {
        long raw = z[i];
        z[i] = middle + (raw >>> 1 ^ -(raw & 1));
      }
    }
    values[at] = integer / power;
    for (int i = 1; i < count; i++) {
      integer += z[i - 1];
      values[at + i] = integer / power;
    }
    if (exceptions > 0) {
      ColumnCodec.readExceptions(head, exceptionsAt, exceptions, values, at, count);
    }
  }

  /// The numbers of a column, in an array that the next call uses again.
  private long[] readNumbers(ByteReader head, int count) {
    int width = head.readByte();
    if (width > PlaneWriter.PLANES) {
      throw head.corrupt("numbers of " + width + " bytes");
    }
    byte[] page = head.array();
    for (int k = 0; k < width; k++) {
      int begin = end(head, page, k);
      int end = end(head, page, k + 1);
      int start = head.readCount(0);
      if (end > page.length || start > end - begin || count > end - begin - start) {
        throw head.corrupt("numbers " + start + " to " + ((long) start + count) + " of a plane of " + (end - begin) + " bytes");
      }
      starts[k] = begin + start;
    }
    long[] read = numbers(count);
    switch (width) {
      case 0 -> Arrays.fill(read, 0, count, 0);
      case 1 -> {
        int a = starts[0];
        for (int i = 0; i < count; i++) {
          read[i] = page[a + i] & 0xff;
        }
      }
      case 2 -> {
        int a = starts[0];
        int b = starts[1];
        for (int i = 0; i < count; i++) {
          read[i] = page[a + i] & 0xff | (page[b + i] & 0xff) << 8;
        }
      }
      case 3 -> {
        int a = starts[0];
        int b = starts[1];
        int c = starts[2];
        for (int i = 0; i < count; i++) {
          read[i] = page[a + i] & 0xff | (page[b + i] & 0xff) << 8 | (page[c + i] & 0xff) << 16;
        }
      }
      default -> {
        Arrays.fill(read, 0, count, 0);
        for (int k = 0; k < width; k++) {
          int a = starts[k];
          for (int i = 0; i < count; i++) {
            read[i] |= (page[a + i] & 0xffL) << 8 * k;
          }
        }
      }
    }
    return read;
  }

  private static int end(ByteReader head, byte[] page, int stream) {
    int end = (int) INT.get(page, 4 * stream);
    if (end < PlaneWriter.HEADER_BYTES || end > page.length) {
      throw head.corrupt("stream " + stream + " ends at byte " + end + " of a page of " + page.length + " bytes");
    }
    return end;
  }
}
