package io.tidemark.api.remoteread;

import io.tidemark.codec.ByteWriter;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;

/// Writes the messages of `prompb/types.proto` of Prometheus that answers are made of. Fields of value 0 are left out, as the format
/// wants it. One thread; reused.
final class Proto {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;

  private final ByteWriter inner = new ByteWriter(256);
  private final ByteWriter innermost = new ByteWriter(256);

  /// A message as a field of another.
  static void message(ByteWriter out, int field, ByteWriter message) {
    bytes(out, field, message.array(), message.count());
  }

  static void bytes(ByteWriter out, int field, byte[] from, int count) {
    out.writeVarint(field << 3 | BYTES);
    out.writeVarint(count);
    out.writeBytes(from, 0, count);
  }

  static void number(ByteWriter out, int field, long value) {
    if (value != 0) {
      out.writeVarint(field << 3 | VARINT);
      out.writeVarint(value);
    }
  }

  private static void zigzag(ByteWriter out, int field, long value) {
    if (value != 0) {
      out.writeVarint(field << 3 | VARINT);
      out.writeZigzag(value);
    }
  }

  private static void real(ByteWriter out, int field, double value) {
    if (Double.doubleToRawLongBits(value) != 0) {
      realAlways(out, field, value);
    }
  }

  private static void realAlways(ByteWriter out, int field, double value) {
    out.writeVarint(field << 3 | FIXED64);
    out.writeLong(Double.doubleToRawLongBits(value));
  }

  private static void text(ByteWriter out, int field, String value) {
    out.writeVarint(field << 3 | BYTES);
    out.writeText(value);
  }

  /// Labels as field 1 of a series.
  void labels(ByteWriter out, LabelSet labels) {
    for (int i = 0; i < labels.count(); i++) {
      inner.clear();
      text(inner, 1, labels.name(i));
      text(inner, 2, labels.value(i));
      message(out, 1, inner);
    }
  }

  /// A `Sample` as field 2 of a series.
  void sample(ByteWriter out, long timestampMillis, double value) {
    inner.clear();
    real(inner, 1, value);
    number(inner, 2, timestampMillis);
    message(out, 2, inner);
  }

  /// A `Histogram` as field 4 of a series, with counts as floats.
  void histogram(ByteWriter out, long timestampMillis, Histogram histogram) {
    inner.clear();
    realAlways(inner, 2, histogram.count());
    real(inner, 3, histogram.sum());
    zigzag(inner, 4, histogram.schema());
    real(inner, 5, histogram.zeroThreshold());
    realAlways(inner, 7, histogram.zeroCount());
    buckets(histogram.negative(), 8, 10);
    buckets(histogram.positive(), 11, 13);
    number(inner, 14, switch (histogram.reset()) {
      case UNKNOWN -> 0;
      case YES -> 1;
      case NO -> 2;
      case GAUGE -> 3;
    });
    number(inner, 15, timestampMillis);
    reals(16, histogram.customBounds());
    message(out, 4, inner);
  }

  /// Runs of neighbouring buckets as spans (distance from the bucket after the last one, length), and their counts.
  private void buckets(Histogram.Buckets buckets, int spansField, int countsField) {
    int[] indexes = buckets.indexes();
    int after = 0;
    for (int from = 0; from < indexes.length; ) {
      int to = Spans.end(indexes, from);
      innermost.clear();
      zigzag(innermost, 1, indexes[from] - after);
      number(innermost, 2, to - from);
      message(inner, spansField, innermost);
      after = indexes[to - 1] + 1;
      from = to;
    }
    reals(countsField, buckets.counts());
  }

  private void reals(int field, double[] values) {
    if (values.length > 0) {
      inner.writeVarint(field << 3 | BYTES);
      inner.writeVarint(8L * values.length);
      for (double value : values) {
        inner.writeLong(Double.doubleToRawLongBits(value));
      }
    }
  }
}
