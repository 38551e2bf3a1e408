package io.tidemark.codec;

import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Buckets;
import io.tidemark.model.Histogram.Reset;
import java.util.Arrays;

/// What consecutive histograms of one series mostly share: resolution, width of the zero bucket, and which buckets are told of.
///
/// As bytes: zigzag schema; bits of the zero threshold, 8 bytes; custom bounds, varint count and 8 bytes each; positive, then negative
/// indexes, varint count, zigzag first one, varint distance of each further one to the one before (1 or more).
///
/// The *numbers* of a histogram are, in this order: count, zero count, positive counts, negative counts. Immutable; the arrays are those
/// of the histograms.
record HistogramLayout(int schema, double zeroThreshold, double[] customBounds, int[] positive, int[] negative) {
  /// Buckets of one side, and custom bounds: the most that any format holds.
  static final int BUCKETS_MAX = 1 << 14;
  private static final int FIXED_NUMBERS = 2;
  private static final long WHOLE_MAX = 1L << 53;

  static HistogramLayout of(Histogram h) {
    return new HistogramLayout(h.schema(), h.zeroThreshold(), h.customBounds(), h.positive().indexes(), h.negative().indexes());
  }

  boolean fits(Histogram h) {
    return schema == h.schema() && Double.doubleToRawLongBits(zeroThreshold) == Double.doubleToRawLongBits(h.zeroThreshold())
        && same(positive, h.positive().indexes()) && same(negative, h.negative().indexes())
        && (customBounds == h.customBounds() || Arrays.equals(customBounds, h.customBounds()));
  }

  private static boolean same(int[] a, int[] b) {
    return a == b || Arrays.equals(a, b);
  }

  int numbers() {
    return FIXED_NUMBERS + positive.length + negative.length;
  }

  /// Number `index` of a histogram of this layout.
  double number(Histogram h, int index) {
    int bucket = index - FIXED_NUMBERS;
    if (bucket >= positive.length) {
      return h.negative().counts()[bucket - positive.length];
    }
    return bucket >= 0 ? h.positive().counts()[bucket] : index == 0 ? h.count() : h.zeroCount();
  }

  Histogram histogram(double sum, Reset reset, double[] numbers) {
    int middle = FIXED_NUMBERS + positive.length;
    return new Histogram(schema, numbers[0], sum, zeroThreshold, numbers[1],
        new Buckets(positive, Arrays.copyOfRange(numbers, FIXED_NUMBERS, middle)),
        negative.length == 0 ? Buckets.NONE : new Buckets(negative, Arrays.copyOfRange(numbers, middle, middle + negative.length)),
        customBounds, reset);
  }

  /// Whether every number is whole and small enough that arithmetic in 64 bits brings it back bit for bit.
  static boolean isWhole(Histogram h) {
    return isWhole(h.count()) && isWhole(h.zeroCount()) && areWhole(h.positive().counts()) && areWhole(h.negative().counts());
  }

  private static boolean areWhole(double[] counts) {
    for (double count : counts) {
      if (!isWhole(count)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isWhole(double count) {
    long whole = (long) count;
    return whole >= 0 && whole < WHOLE_MAX && Double.doubleToRawLongBits(whole) == Double.doubleToRawLongBits(count);
  }

  void write(ByteWriter out) {
    out.writeZigzag(schema);
    out.writeLong(Double.doubleToRawLongBits(zeroThreshold));
    out.writeVarint(customBounds.length);
    for (double bound : customBounds) {
      out.writeLong(Double.doubleToRawLongBits(bound));
    }
    write(out, positive);
    write(out, negative);
  }

  private static void write(ByteWriter out, int[] indexes) {
    out.writeVarint(indexes.length);
    for (int i = 0; i < indexes.length; i++) {
      if (i == 0) {
        out.writeZigzag(indexes[0]);
      } else {
        out.writeVarint((long) indexes[i] - indexes[i - 1]);
      }
    }
  }

  static HistogramLayout read(ByteReader in) {
    int schema = (int) in.readZigzag();
    double zeroThreshold = Double.longBitsToDouble(in.readLong());
    var bounds = new double[bounded(in, in.readCount(8))];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = Double.longBitsToDouble(in.readLong());
    }
    int[] positive = readIndexes(in);
    return new HistogramLayout(schema, zeroThreshold, bounds, positive, readIndexes(in));
  }

  private static int bounded(ByteReader in, int count) {
    if (count > BUCKETS_MAX) {
      throw in.corrupt("a histogram of " + count + " buckets; at most " + BUCKETS_MAX);
    }
    return count;
  }

  private static int[] readIndexes(ByteReader in) {
    var indexes = new int[bounded(in, in.readCount(1))];
    long index = 0;
    for (int i = 0; i < indexes.length; i++) {
      index += i == 0 ? in.readZigzag() : in.readCount(0);
      if (index != (int) index || i > 0 && index <= indexes[i - 1]) {
        throw in.corrupt("histogram buckets that do not ascend");
      }
      indexes[i] = (int) index;
    }
    return indexes;
  }
}
