package io.tidemark.storage;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ColumnCodec;
import io.tidemark.codec.HistogramColumns;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;

/// What a run of samples holds besides timestamps, as bytes: of any run between nodes, in blocks of one that is not {@link #isPlain}.
///
/// A run of values is a value column of {@link ColumnCodec}. Of another run the first byte is {@link #EXTRAS}, plus {@link #HISTOGRAMS},
/// {@link #STARTS} or both; then
/// - if there are start times: how many runs of equal ones there are, varint, and for each its length, varint, and its start as the zigzag
///   difference to that of the run before, the first to 0; an unknown start is 0;
/// - if there are histograms: how many runs of one kind there are, varint, and the length of each, varint, values and histograms in turn,
///   values first (maybe none); the histograms as {@link HistogramColumns};
/// - if there are values, a value column of them.
///
/// The count is kept by the owner. An instance keeps buffers; one thread.
public final class SampleColumns {
  private static final int EXTRAS = 0x10;
  private static final int HISTOGRAMS = 1;
  private static final int STARTS = 2;
  /// Numbers of a histogram besides its buckets and custom bounds.
  private static final int HISTOGRAM_NUMBERS = 6;

  private final ColumnCodec codec = new ColumnCodec();
  private final HistogramColumns histogramCodec = new HistogramColumns();

  /// Where a run of the samples `[from, to)` has to end so that its histograms hold about `numbersMax` numbers at most: after `from` and at
  /// `to` at the latest. A number takes up to 14 bytes, with its place in the layout.
  public static int runEnd(SampleBuffer samples, int from, int to, int numbersMax) {
    if (!samples.hasHistograms()) {
      return to;
    }
    int numbers = 0;
    for (int i = from; i < to; i++) {
      Histogram histogram = samples.histograms[i];
      numbers += histogram == null ? 1
          : HISTOGRAM_NUMBERS + histogram.positive().count() + histogram.negative().count() + histogram.customBounds().length;
      if (numbers > numbersMax && i > from) {
        return i;
      }
    }
    return to;
  }

  /// The codec of the timestamps beside.
  public ColumnCodec times() {
    return codec;
  }

  /// Whether the samples `[from, from+count)` hold values only.
  public static boolean isPlain(SampleBuffer samples, int from, int count) {
    return (!samples.hasHistograms() || histogramsWithin(samples, from, count) == 0)
        && (!samples.hasStarts() || !hasStartsWithin(samples, from, count));
  }

  /// Writes what the samples `[from, from+count)` hold, 1 or more.
  public void write(ByteWriter out, SampleBuffer samples, int from, int count) {
    boolean hasHistograms = samples.hasHistograms() && histogramsWithin(samples, from, count) > 0;
    boolean hasStarts = samples.hasStarts() && hasStartsWithin(samples, from, count);
    if (!hasHistograms && !hasStarts) {
      codec.writeValues(out, samples.values, from, count);
      return;
    }
    out.writeByte(EXTRAS | (hasHistograms ? HISTOGRAMS : 0) | (hasStarts ? STARTS : 0));
    if (hasStarts) {
      writeStarts(out, samples.startsMillis, from, count);
    }
    if (hasHistograms) {
      writeMixed(out, samples, from, count);
    } else {
      codec.writeValues(out, samples.values, from, count);
    }
  }

  private static int histogramsWithin(SampleBuffer samples, int from, int count) {
    int found = 0;
    for (int i = from; i < from + count; i++) {
      found += samples.histograms[i] == null ? 0 : 1;
    }
    return found;
  }

  private static boolean hasStartsWithin(SampleBuffer samples, int from, int count) {
    for (int i = from; i < from + count; i++) {
      if (samples.startsMillis[i] != 0) {
        return true;
      }
    }
    return false;
  }

  private static void writeStarts(ByteWriter out, long[] starts, int from, int count) {
    int runs = 1;
    for (int i = from + 1; i < from + count; i++) {
      runs += starts[i] == starts[i - 1] ? 0 : 1;
    }
    out.writeVarint(runs);
    long before = 0;
    for (int begin = from; begin < from + count;) {
      int end = begin + 1;
      while (end < from + count && starts[end] == starts[begin]) {
        end++;
      }
      out.writeVarint(end - begin);
      out.writeZigzag(starts[begin] - before);
      before = starts[begin];
      begin = end;
    }
  }

  private void writeMixed(ByteWriter out, SampleBuffer samples, int from, int count) {
    var histograms = new Histogram[histogramsWithin(samples, from, count)];
    var values = new double[count - histograms.length];
    var lengths = new ByteWriter(16);
    int runs = 0;
    int length = 0;
    boolean areHistograms = false;
    int histogramCount = 0;
    int valueCount = 0;
    for (int i = from; i < from + count; i++) {
      Histogram histogram = samples.histograms[i];
      if (histogram != null != areHistograms) {
        lengths.writeVarint(length);
        runs++;
        length = 0;
        areHistograms = !areHistograms;
      }
      length++;
      if (histogram != null) {
        histograms[histogramCount++] = histogram;
      } else {
        values[valueCount++] = samples.values[i];
      }
    }
    lengths.writeVarint(length);
    out.writeVarint(runs + 1);
    out.writeBytes(lengths.array(), 0, lengths.count());
    histogramCodec.write(out, histograms, 0, histograms.length);
    if (values.length > 0) {
      codec.writeValues(out, values, 0, values.length);
    }
  }

  /// Reads what {@link #write} wrote behind the present samples of `into`, for which there is room; its count stays as it is.
  ///
  /// @throws TidemarkException `CORRUPT` for bytes that {@link #write} does not write
  public void read(ByteReader in, SampleBuffer into, int count) {
    int kind = in.peekByte();
    if (kind < EXTRAS) {
      codec.readValues(in, into.values, into.count, count);
      return;
    }
    in.readByte();
    if (kind > (EXTRAS | HISTOGRAMS | STARTS)) {
      throw new TidemarkException(ErrorCode.CORRUPT, "sample column of unknown kind " + kind);
    }
    if ((kind & STARTS) != 0) {
      readStarts(in, into, count);
    }
    if ((kind & HISTOGRAMS) != 0) {
      readMixed(in, into, count);
    } else {
      codec.readValues(in, into.values, into.count, count);
    }
  }

  private static void readStarts(ByteReader in, SampleBuffer into, int count) {
    into.needStarts();
    int at = into.count;
    int end = at + count;
    long start = 0;
    for (int runs = in.readCount(2); runs > 0; runs--) {
      int length = in.readCount(0);
      if (length < 1 || length > end - at) {
        throw in.corrupt("a run of " + length + " start times of " + (end - at));
      }
      start += in.readZigzag();
      Arrays.fill(into.startsMillis, at, at + length, start);
      at += length;
    }
    if (at < end) {
      throw in.corrupt("start times of " + (end - at) + " samples are missing");
    }
  }

  private void readMixed(ByteReader in, SampleBuffer into, int count) {
    int runs = in.readCount(1);
    var lengths = new int[runs];
    int histogramCount = 0;
    int left = count;
    for (int i = 0; i < runs; i++) {
      lengths[i] = in.readCount(0);
      if (lengths[i] > left) {
        throw in.corrupt("a run of " + lengths[i] + " samples of " + left);
      }
      left -= lengths[i];
      histogramCount += i % 2 == 1 ? lengths[i] : 0;
    }
    if (left > 0) {
      throw in.corrupt("kinds of " + left + " samples are missing");
    }
    var histograms = new Histogram[histogramCount];
    histogramCodec.read(in, histograms, 0, histogramCount);
    var values = new double[count - histogramCount];
    if (values.length > 0) {
      codec.readValues(in, values, 0, values.length);
    }
    into.needHistograms();
    int at = into.count;
    int nextHistogram = 0;
    int nextValue = 0;
    for (int i = 0; i < runs; i++) {
      for (int n = 0; n < lengths[i]; n++, at++) {
        boolean isHistogram = i % 2 == 1;
        into.histograms[at] = isHistogram ? histograms[nextHistogram++] : null;
        into.values[at] = isHistogram ? SampleBuffer.BESIDE_HISTOGRAM : values[nextValue++];
      }
    }
  }
}
