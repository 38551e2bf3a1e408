package io.tidemark.api.remoteread;

import io.tidemark.model.Histogram;
import java.util.ArrayList;
import java.util.List;

/// Reads a chunk of histograms, after the same description as {@link HistogramChunk}. Slow and obvious.
final class HistogramChunkReader {
  private HistogramChunkReader() {}

  /// @param header what is known of the sample before the first
  record Chunk(int header, List<Long> timestampsMillis, List<Histogram> histograms) {}

  static Chunk read(byte[] bytes) {
    var in = new BitSource(bytes);
    int count = (int) in.read(16);
    int header = (int) in.read(8);
    double threshold = in.read(8) == 0 ? 0 : Double.longBitsToDouble(in.read(64));
    int schema = (int) in.signed();
    int[] positive = indexes(in);
    int[] negative = indexes(in);
    double[] bounds = new double[0];
    if (schema == Histogram.CUSTOM_SCHEMA) {
      bounds = new double[(int) in.unsigned()];
      for (int i = 0; i < bounds.length; i++) {
        in.read(1);
        bounds[i] = Double.longBitsToDouble(in.read(64));
      }
    }
    var columns = new BitSource.Column[3 + positive.length + negative.length];
    var chunk = new Chunk(header, new ArrayList<>(), new ArrayList<>());
    long time = 0;
    long distance = 0;
    for (int i = 0; i < count; i++) {
      time += i == 0 ? in.signed() : (distance += in.signed());
      var values = new double[columns.length];
      for (int c = 0; c < columns.length; c++) {
        columns[c] = i == 0 ? in.new Column() : columns[c];
        values[c] = i == 0 ? columns[c].first() : columns[c].next();
      }
      chunk.timestampsMillis.add(time);
      chunk.histograms.add(new Histogram(schema, values[0], values[2], threshold, values[1],
          new Histogram.Buckets(positive, part(values, 3, positive.length)),
          new Histogram.Buckets(negative, part(values, 3 + positive.length, negative.length)), bounds, Histogram.Reset.UNKNOWN));
    }
    in.end();
    return chunk;
  }

  private static double[] part(double[] values, int from, int count) {
    var part = new double[count];
    System.arraycopy(values, from, part, 0, count);
    return part;
  }

  private static int[] indexes(BitSource in) {
    var indexes = new ArrayList<Integer>();
    int next = 0;
    for (long spans = in.unsigned(); spans > 0; spans--) {
      long length = in.unsigned();
      next += (int) in.signed();
      for (long i = 0; i < length; i++) {
        indexes.add(next++);
      }
    }
    return indexes.stream().mapToInt(Integer::intValue).toArray();
  }
}
