package io.tidemark.collector.proto;

import io.tidemark.collector.admit.HistogramAssembler;
import io.tidemark.collector.admit.HistogramAssembler.Side;

/// Reads the message `Histogram` of remote write 1.0 and 2.0.
///
/// ```
/// 1: uint64 count_int          2: double count_float        3: double sum                     4: sint32 schema
/// 5: double zero_threshold     6: uint64 zero_count_int     7: double zero_count_float
/// 8: BucketSpan negative       9: sint64 negative deltas   10: double negative counts
/// 11: BucketSpan positive     12: sint64 positive deltas   13: double positive counts        14: enum reset_hint
/// 15: int64 timestamp         16: double custom_values     17: int64 start_timestamp (2.0)
/// BucketSpan  1: sint32 offset  2: uint32 length
/// ```
/// One thread.
public final class HistogramMessage {
  private final ProtoReader reader = new ProtoReader();
  private final ProtoReader inner = new ProtoReader();
  private long timestampMillis;
  private long startMillis;

  /// Of the message read last.
  public long timestampMillis() {
    return timestampMillis;
  }

  /// Of the message read last; 0 when it tells none.
  public long startMillis() {
    return startMillis;
  }

  /// Puts the message `bytes[from..to)` into `into`, which is emptied first.
  ///
  /// @throws io.tidemark.model.TidemarkException `BAD_DATA` when it is damaged
  public void read(byte[] bytes, int from, int to, HistogramAssembler into) {
    into.reset();
    timestampMillis = 0;
    startMillis = 0;
    reader.reset(bytes, from, to);
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> into.wholeCount(reader.varint());
        case 2 -> into.count(number());
        case 3 -> into.sum(number());
        case 4 -> into.schema((int) ProtoReader.zigzag(reader.varint()));
        case 5 -> into.zeroThreshold(number());
        case 6 -> into.wholeZeroCount(reader.varint());
        case 7 -> into.zeroCount(number());
        case 8 -> readSpan(reader, inner, bytes, into.negative());
        case 9 -> readDeltas(reader, into.negative());
        case 10 -> readCounts(reader, into.negative());
        case 11 -> readSpan(reader, inner, bytes, into.positive());
        case 12 -> readDeltas(reader, into.positive());
        case 13 -> readCounts(reader, into.positive());
        case 14 -> into.reset(Math.clamp(reader.varint(), 0, 4));
        case 15 -> timestampMillis = reader.varint();
        case 16 -> readBounds(into);
        case 17 -> startMillis = reader.varint();
        default -> reader.skip();
      }
    }
  }

  private double number() {
    return Double.longBitsToDouble(reader.fixed64());
  }

  private void readBounds(HistogramAssembler into) {
    for (int end = reader.packedEnd(ProtoReader.FIXED64); reader.at() < end;) {
      into.bound(number());
    }
  }

  /// Reads one `BucketSpan`, which `reader` stands at.
  public static void readSpan(ProtoReader reader, ProtoReader inner, byte[] bytes, Side side) {
    int length = reader.length();
    inner.reset(bytes, reader.at(), reader.at() + length);
    reader.moveTo(reader.at() + length);
    long offset = 0;
    long buckets = 0;
    while (inner.next()) {
      if (inner.is(1, ProtoReader.VARINT)) {
        offset = ProtoReader.zigzag(inner.varint());
      } else if (inner.is(2, ProtoReader.VARINT)) {
        buckets = inner.varint();
      } else {
        inner.skip();
      }
    }
    side.span(offset, buckets);
  }

  /// Reads bucket counts as differences, packed or one.
  public static void readDeltas(ProtoReader reader, Side side) {
    for (int end = reader.packedEnd(ProtoReader.VARINT); reader.at() < end;) {
      side.delta(ProtoReader.zigzag(reader.varint()));
    }
  }

  /// Reads bucket counts that may be fractions, packed or one.
  public static void readCounts(ProtoReader reader, Side side) {
    for (int end = reader.packedEnd(ProtoReader.FIXED64); reader.at() < end;) {
      side.count(Double.longBitsToDouble(reader.fixed64()));
    }
  }
}
