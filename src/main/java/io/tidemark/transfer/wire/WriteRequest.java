package io.tidemark.transfer.wire;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ProtoFields;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.Stale;
import io.tidemark.transfer.tsdb.HistogramChunk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.xerial.snappy.Snappy;

/// A request of remote write 1.0 while it is collected; histograms go with counts as floats. One thread; reused.
public final class WriteRequest {
  private final ByteWriter message = new ByteWriter(1 << 16);
  private final ByteWriter labels = new ByteWriter(256);
  private final ByteWriter series = new ByteWriter(1 << 12);
  private final ByteWriter part = new ByteWriter(256);
  private final ByteWriter inner = new ByteWriter(32);
  private int samples;

  /// Begins a series.
  ///
  /// @param namesAndValues in turn, sorted by name
  public void series(List<byte[]> namesAndValues) {
    endSeries();
    labels.clear();
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      part.clear();
      ProtoFields.bytes(part, 1, namesAndValues.get(i));
      ProtoFields.bytes(part, 2, namesAndValues.get(i + 1));
      ProtoFields.message(labels, 1, part);
    }
  }

  public void sample(long timestampMillis, long valueBits) {
    part.clear();
    ProtoFields.bits(part, 1, valueBits);
    ProtoFields.number(part, 2, timestampMillis);
    add(2);
  }

  /// Adds the histogram that `chunk` stands at.
  public void histogram(HistogramChunk chunk) {
    part.clear();
    if (chunk.isStale()) {
      ProtoFields.bitsAlways(part, 2, 0);
      ProtoFields.bits(part, 3, Stale.BITS);
    } else {
      ProtoFields.bitsAlways(part, 2, Double.doubleToRawLongBits(chunk.count));
      ProtoFields.bits(part, 3, chunk.sumBits);
      ProtoFields.zigzag(part, 4, chunk.schema);
      ProtoFields.bits(part, 5, Double.doubleToRawLongBits(chunk.zeroThreshold));
      ProtoFields.bitsAlways(part, 7, Double.doubleToRawLongBits(chunk.zeroCount));
      spans(8, chunk.negativeSpans);
      ProtoFields.reals(part, 10, chunk.negativeCounts);
      spans(11, chunk.positiveSpans);
      ProtoFields.reals(part, 13, chunk.positiveCounts);
      ProtoFields.number(part, 14, hint(chunk.resetHint()));
    }
    ProtoFields.number(part, 15, chunk.timestampMillis());
    if (!chunk.isStale()) {
      ProtoFields.reals(part, 16, chunk.customBounds);
    }
    add(4);
  }

  private static int hint(Reset reset) {
    return switch (reset) {
      case UNKNOWN -> 0;
      case YES -> 1;
      case NO -> 2;
      case GAUGE -> 3;
    };
  }

  private void spans(int field, int[] spans) {
    for (int i = 0; i < spans.length; i += 2) {
      inner.clear();
      ProtoFields.zigzag(inner, 1, spans[i]);
      ProtoFields.number(inner, 2, spans[i + 1]);
      ProtoFields.message(part, field, inner);
    }
  }

  private void add(int field) {
    if (series.count() == 0) {
      series.writeBytes(labels.array(), 0, labels.count());
    }
    ProtoFields.message(series, field, part);
    samples++;
  }

  private void endSeries() {
    if (series.count() > 0) {
      ProtoFields.message(message, 1, series);
      series.clear();
    }
  }

  public int samples() {
    return samples;
  }

  /// Bytes so far, before compression.
  public int bytes() {
    return message.count() + series.count();
  }

  /// The request as one snappy block. The next one begins with the series that this one ended in.
  public byte[] take() {
    endSeries();
    try {
      return Snappy.rawCompress(message.array(), message.count());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      message.clear();
      samples = 0;
    }
  }
}
