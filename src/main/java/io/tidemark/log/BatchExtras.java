package io.tidemark.log;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.HistogramBytes;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a record of version 2 holds besides values. Immutable.
///
/// @param histogramAt  the samples that are histograms, ascending; their values say nothing
/// @param histograms   one for each
/// @param startsMillis when each sample's counter began, 0 for unknown; empty when the record tells it of none
/// @param exemplars    in the order of arrival
public record BatchExtras(int[] histogramAt, List<Histogram> histograms, long[] startsMillis, List<OfSeries> exemplars) {
  public static final BatchExtras NONE = new BatchExtras(new int[0], List.of(), new long[0], List.of());
  /// Least bytes of an entry: histogram, run of starts, exemplar.
  private static final int HISTOGRAM_BYTES_MIN = 24;
  private static final int RUN_BYTES_MIN = 3;
  private static final int EXEMPLAR_BYTES_MIN = 11;

  /// An exemplar of the series `ref`.
  public record OfSeries(int ref, Exemplar exemplar) {}

  public BatchExtras {
    histograms = List.copyOf(histograms);
    exemplars = List.copyOf(exemplars);
  }

  /// Whether every sample is a value and nothing else.
  public boolean isPlain() {
    return histogramAt.length == 0 && startsMillis.length == 0;
  }

  /// Reads the sections to the end of `in`.
  ///
  /// @param samples how many samples the record has
  static BatchExtras read(ByteReader in, int samples) {
    var histogramAt = new int[in.readCount(HISTOGRAM_BYTES_MIN)];
    var histograms = new ArrayList<Histogram>(histogramAt.length);
    int end = 0;
    for (int i = 0; i < histogramAt.length; i++) {
      histogramAt[i] = within(in, end, in.readCount(0), samples);
      histograms.add(HistogramBytes.read(in));
      end = histogramAt[i] + 1;
    }
    long[] starts = readStarts(in, samples);
    int count = in.readCount(EXEMPLAR_BYTES_MIN);
    var exemplars = new ArrayList<OfSeries>(count);
    for (int i = 0; i < count; i++) {
      exemplars.add(readExemplar(in));
    }
    if (in.remaining() > 0) {
      throw in.corrupt("expected the checksum, found " + in.remaining() + " more bytes");
    }
    return new BatchExtras(histogramAt, histograms, starts, exemplars);
  }

  private static int within(ByteReader in, int end, int distance, int samples) {
    if (distance >= samples - end) {
      throw in.corrupt("sample " + ((long) end + distance) + " of " + samples);
    }
    return end + distance;
  }

  private static long[] readStarts(ByteReader in, int samples) {
    int runs = in.readCount(RUN_BYTES_MIN);
    if (runs == 0) {
      return NONE.startsMillis;
    }
    var starts = new long[samples];
    int end = 0;
    long start = 0;
    for (int i = 0; i < runs; i++) {
      int from = within(in, end, in.readCount(0), samples);
      int length = in.readCount(0);
      if (length < 1 || length > samples - from) {
        throw in.corrupt("a run of " + length + " start times from sample " + from + " of " + samples);
      }
      start += in.readZigzag();
      end = from + length;
      Arrays.fill(starts, from, end, start);
    }
    return starts;
  }

  private static OfSeries readExemplar(ByteReader in) {
    int ref = in.readCount(0);
    if (ref >= BatchFormat.REFS_MAX) {
      throw in.corrupt("a ref below " + BatchFormat.REFS_MAX + " expected, found " + ref);
    }
    long timestamp = in.readZigzag();
    double value = Double.longBitsToDouble(in.readLong());
    int bytes = in.readCount(1);
    int from = in.skip(bytes);
    return new OfSeries(ref, new Exemplar(LabelSet.fromCanonicalBytes(in.array(), from, from + bytes), value, timestamp));
  }
}
