package io.tidemark.api.remoteread;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ProtoFields;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;

/// Writes the messages of `prompb/types.proto` of Prometheus that answers are made of. One thread; reused.
final class Messages {
  private final ByteWriter inner = new ByteWriter(256);
  private final ByteWriter innermost = new ByteWriter(256);

  /// Labels as field 1 of a series.
  void labels(ByteWriter out, LabelSet labels) {
    for (int i = 0; i < labels.count(); i++) {
      inner.clear();
      ProtoFields.text(inner, 1, labels.name(i));
      ProtoFields.text(inner, 2, labels.value(i));
      ProtoFields.message(out, 1, inner);
    }
  }

  /// A `Sample` as field 2 of a series.
  void sample(ByteWriter out, long timestampMillis, double value) {
    inner.clear();
    ProtoFields.real(inner, 1, value);
    ProtoFields.number(inner, 2, timestampMillis);
    ProtoFields.message(out, 2, inner);
  }

  /// A `Histogram` as field 4 of a series, with counts as floats.
  void histogram(ByteWriter out, long timestampMillis, Histogram histogram) {
    inner.clear();
    ProtoFields.realAlways(inner, 2, histogram.count());
    ProtoFields.real(inner, 3, histogram.sum());
    ProtoFields.zigzag(inner, 4, histogram.schema());
    ProtoFields.real(inner, 5, histogram.zeroThreshold());
    ProtoFields.realAlways(inner, 7, histogram.zeroCount());
    buckets(histogram.negative(), 8, 10);
    buckets(histogram.positive(), 11, 13);
    ProtoFields.number(inner, 14, switch (histogram.reset()) {
      case UNKNOWN -> 0;
      case YES -> 1;
      case NO -> 2;
      case GAUGE -> 3;
    });
    ProtoFields.number(inner, 15, timestampMillis);
    ProtoFields.reals(inner, 16, histogram.customBounds());
    ProtoFields.message(out, 4, inner);
  }

  /// Runs of neighbouring buckets as spans (distance from the bucket after the last one, length), and their counts.
  private void buckets(Histogram.Buckets buckets, int spansField, int countsField) {
    int[] indexes = buckets.indexes();
    int after = 0;
    for (int from = 0; from < indexes.length; ) {
      int to = Spans.end(indexes, from);
      innermost.clear();
      ProtoFields.zigzag(innermost, 1, indexes[from] - after);
      ProtoFields.number(innermost, 2, to - from);
      ProtoFields.message(inner, spansField, innermost);
      after = indexes[to - 1] + 1;
      from = to;
    }
    ProtoFields.reals(inner, countsField, buckets.counts());
  }
}
