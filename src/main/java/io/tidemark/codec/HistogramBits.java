package io.tidemark.codec;

import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Reset;

/// One side of a chunk of histograms as bits: what the head keeps. A writer, or a reader that may go on as the writer.
///
/// Each entry has a number of its own, its *ordinal*; ordinals ascend. An entry is
/// - `0` when its ordinal is that of the entry before + 1, else `1` and the distance;
/// - `0` when layout, kind of counts and reset hint are those of the entry before; `10` and 2 bits for another hint alone; `11`, 2 bits
///   of hint, a bit that says whether counts are whole, and the layout: schema; `0` for a zero threshold of 0, else `1` and its bits;
///   custom bounds, number and bits of each; positive, then negative indexes, number, first, distance of each to the one before;
/// - the sum and, of histograms that are not whole, each number: `0` for the bits of the entry before, else `1`, 6 bits leading zeros of
///   the XOR, 6 bits (meaningful bits − 1) and those bits. A new layout begins from 0;
/// - of whole ones, each number as the difference of its difference to the entry before to the one then. A new layout begins from 0, and
///   the difference of its first entry counts as 0 for the next one.
///
/// Whole numbers without their own code (distance, schema, counts of things, differences) are two's complement: `0` for 0, else `10`+6
/// bits, `110`+10, `1110`+16, `11110`+32 or `11111`+64. The numbers are those of {@link HistogramLayout}. One thread.
public final class HistogramBits {
  private static final Reset[] RESETS = Reset.values();
  private static final HistogramLayout NONE = new HistogramLayout(Integer.MIN_VALUE, 0, new double[0], new int[0], new int[0]);

  private HistogramLayout layout = NONE;
  private boolean whole;
  private Reset reset = Reset.UNKNOWN;
  private long ordinal = -1;
  private long sumBits;
  /// Whole: the number; else its bits.
  private long[] last = new long[0];
  /// Whole: the last difference.
  private long[] deltas = new long[0];

  /// Forgets everything: the next entry begins a chunk.
  public void begin() {
    layout = NONE;
    reset = Reset.UNKNOWN;
    ordinal = -1;
    sumBits = 0;
  }

  /// The ordinal of the entry written or read last, or -1.
  public long ordinal() {
    return ordinal;
  }

  /// Bytes of memory held, about.
  public long bytes() {
    return 96 + 16L * last.length;
  }

  private void adopt(HistogramLayout next, boolean isWhole) {
    layout = next;
    whole = isWhole;
    last = new long[next.numbers()];
    deltas = new long[isWhole ? last.length : 0];
    sumBits = 0;
  }

  /// @param next above the ordinal before
  public void write(BitWriter out, long next, Histogram h) {
    assert next > ordinal;
    if (next == ordinal + 1) {
      out.write(0, 1);
    } else {
      out.write(1, 1);
      writeChange(out, next - ordinal);
    }
    ordinal = next;
    boolean isWhole = HistogramLayout.isWhole(h);
    boolean isNew = whole != isWhole || !layout.fits(h);
    if (isNew) {
      adopt(HistogramLayout.of(h), isWhole);
      out.write(0b11, 2);
      out.write(h.reset().ordinal(), 2);
      out.write(isWhole ? 1 : 0, 1);
      writeLayout(out);
    } else if (h.reset() == reset) {
      out.write(0, 1);
    } else {
      out.write(0b10, 2);
      out.write(h.reset().ordinal(), 2);
    }
    reset = h.reset();
    long bits = Double.doubleToRawLongBits(h.sum());
    writeXor(out, bits ^ sumBits);
    sumBits = bits;
    for (int i = 0; i < last.length; i++) {
      if (whole) {
        long number = (long) layout.number(h, i);
        long delta = number - last[i];
        writeChange(out, delta - deltas[i]);
        last[i] = number;
        deltas[i] = isNew ? 0 : delta;
      } else {
        long number = Double.doubleToRawLongBits(layout.number(h, i));
        writeXor(out, number ^ last[i]);
        last[i] = number;
      }
    }
  }

  private void writeLayout(BitWriter out) {
    writeChange(out, layout.schema());
    long threshold = Double.doubleToRawLongBits(layout.zeroThreshold());
    out.write(threshold == 0 ? 0 : 1, 1);
    if (threshold != 0) {
      out.write(threshold, 64);
    }
    writeChange(out, layout.customBounds().length);
    for (double bound : layout.customBounds()) {
      out.write(Double.doubleToRawLongBits(bound), 64);
    }
    writeIndexes(out, layout.positive());
    writeIndexes(out, layout.negative());
  }

  private static void writeIndexes(BitWriter out, int[] indexes) {
    writeChange(out, indexes.length);
    long before = 0;
    for (int index : indexes) {
      writeChange(out, index - before);
      before = index;
    }
  }

  /// Writes a number that is mostly 0 or near it.
  static void writeChange(BitWriter out, long change) {
    if (change == 0) {
      out.write(0, 1);
    } else if (change >= -32 && change < 32) {
      out.write(0b10 << 6 | change & 0x3f, 8);
    } else if (change >= -512 && change < 512) {
      out.write(0b110 << 10 | change & 0x3ff, 13);
    } else if (change >= -32768 && change < 32768) {
      out.write(0b1110 << 16 | change & 0xffff, 20);
    } else if (change == (int) change) {
      out.write(0b11110L << 32 | change & 0xffffffffL, 37);
    } else {
      out.write(0b11111, 5);
      out.write(change, 64);
    }
  }

  private static void writeXor(BitWriter out, long xor) {
    if (xor == 0) {
      out.write(0, 1);
      return;
    }
    int leading = Long.numberOfLeadingZeros(xor);
    int trailing = Long.numberOfTrailingZeros(xor);
    int meaningful = 64 - leading - trailing;
    out.write((1L << 6 | leading) << 6 | meaningful - 1, 13);
    out.write(xor >>> trailing, meaningful);
  }

  /// The entry read or written last.
  public Histogram histogram() {
    var numbers = new double[last.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = whole ? last[i] : Double.longBitsToDouble(last[i]);
    }
    return layout.histogram(Double.longBitsToDouble(sumBits), reset, numbers);
  }

  /// Moves to the next entry; {@link #ordinal} says which it is. The caller knows how many there are.
  public void step(BitReader in) {
    ordinal += in.read(1) == 0 ? 1 : readChange(in);
    boolean isNew = false;
    if (in.read(1) == 1) {
      isNew = in.read(1) == 1;
      reset = RESETS[(int) in.read(2)];
      if (isNew) {
        boolean isWhole = in.read(1) == 1;
        adopt(readLayout(in), isWhole);
      }
    }
    sumBits ^= readXor(in);
    for (int i = 0; i < last.length; i++) {
      if (whole) {
        long delta = deltas[i] + readChange(in);
        last[i] += delta;
        deltas[i] = isNew ? 0 : delta;
      } else {
        last[i] ^= readXor(in);
      }
    }
  }

  private static HistogramLayout readLayout(BitReader in) {
    int schema = (int) readChange(in);
    double threshold = in.read(1) == 0 ? 0 : Double.longBitsToDouble(in.read(64));
    var bounds = new double[(int) readChange(in)];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = Double.longBitsToDouble(in.read(64));
    }
    int[] positive = readIndexes(in);
    return new HistogramLayout(schema, threshold, bounds, positive, readIndexes(in));
  }

  private static int[] readIndexes(BitReader in) {
    var indexes = new int[(int) readChange(in)];
    long index = 0;
    for (int i = 0; i < indexes.length; i++) {
      index += readChange(in);
      indexes[i] = (int) index;
    }
    return indexes;
  }

  private static long readXor(BitReader in) {
    if (in.read(1) == 0) {
      return 0;
    }
    int window = (int) in.read(12);
    int meaningful = (window & 0x3f) + 1;
    return in.read(meaningful) << 64 - (window >>> 6) - meaningful;
  }

  /// Reads what {@link #writeChange} wrote.
  static long readChange(BitReader in) {
    if (in.read(1) == 0) {
      return 0;
    }
    if (in.read(1) == 0) {
      return signed(in.read(6), 6);
    }
    if (in.read(1) == 0) {
      return signed(in.read(10), 10);
    }
    if (in.read(1) == 0) {
      return signed(in.read(16), 16);
    }
    return in.read(1) == 0 ? (int) in.read(32) : in.read(64);
  }

  private static long signed(long value, int bits) {
    return value << 64 - bits >> 64 - bits;
  }
}
