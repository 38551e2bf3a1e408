package io.tidemark.codec;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.TidemarkException;

/// One histogram as bytes that need no other: how it travels in the log.
///
/// A byte of flags (bit 0: all counts are whole; bits 1 and 2: the reset hint), the layout, the bits of the sum, then the numbers in the
/// order of {@link HistogramLayout}: of whole ones count and zero count as varints and each bucket as the zigzag difference to the bucket
/// before, the first to 0; of others their bits, 8 bytes each.
public final class HistogramBytes {
  /// Buckets of one side, and custom bounds: the most that any format holds.
  public static final int BUCKETS_MAX = HistogramLayout.BUCKETS_MAX;
  private static final int WHOLE = 1;
  private static final int RESET_SHIFT = 1;
  private static final Reset[] RESETS = Reset.values();

  private HistogramBytes() {}

  /// Whether formats can hold it.
  public static boolean fits(Histogram h) {
    return h.positive().count() <= BUCKETS_MAX && h.negative().count() <= BUCKETS_MAX && h.customBounds().length <= BUCKETS_MAX;
  }

  /// @throws TidemarkException `TOO_LARGE` for one with more buckets than {@link #BUCKETS_MAX}
  public static void write(ByteWriter out, Histogram h) {
    if (!fits(h)) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, "histogram of " + Math.max(h.positive().count(), h.negative().count())
          + " buckets and " + h.customBounds().length + " custom bounds; at most " + BUCKETS_MAX + " of each");
    }
    boolean whole = HistogramLayout.isWhole(h);
    HistogramLayout layout = HistogramLayout.of(h);
    out.writeByte((whole ? WHOLE : 0) | h.reset().ordinal() << RESET_SHIFT);
    layout.write(out);
    out.writeLong(Double.doubleToRawLongBits(h.sum()));
    long before = 0;
    for (int i = 0; i < layout.numbers(); i++) {
      double number = layout.number(h, i);
      if (!whole) {
        out.writeLong(Double.doubleToRawLongBits(number));
      } else if (i < 2) {
        out.writeVarint((long) number);
      } else {
        out.writeZigzag((long) number - before);
        before = (long) number;
      }
    }
  }

  /// @throws TidemarkException `CORRUPT` for bytes that {@link #write} does not write
  public static Histogram read(ByteReader in) {
    int flags = in.readByte();
    if (flags > (WHOLE | 3 << RESET_SHIFT)) {
      throw in.corrupt("histogram flags " + flags);
    }
    HistogramLayout layout = HistogramLayout.read(in);
    double sum = Double.longBitsToDouble(in.readLong());
    var numbers = new double[layout.numbers()];
    long before = 0;
    for (int i = 0; i < numbers.length; i++) {
      if ((flags & WHOLE) == 0) {
        numbers[i] = Double.longBitsToDouble(in.readLong());
      } else if (i < 2) {
        numbers[i] = in.readVarint();
      } else {
        before += in.readZigzag();
        numbers[i] = before;
      }
    }
    return layout.histogram(sum, RESETS[flags >>> RESET_SHIFT], numbers);
  }
}
