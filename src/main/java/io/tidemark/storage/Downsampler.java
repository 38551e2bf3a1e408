package io.tidemark.storage;

import io.tidemark.model.Stale;
import java.util.List;

/// Reduces the samples of one series to what a resolution keeps of them. Numbers only. Owned by one thread.
///
/// The edges are a subset of the samples, chosen so that a function over them answers bit for bit as over all, for windows that end where
/// buckets do:
///
/// - the newest sample of a window, marker or not, is the last of its bucket; with markers taken out, the last number is;
/// - the first sample of a window that begins with a bucket is the first number of one;
/// - between two edges that are neighbours in a bucket no value is below the one before or NaN, so that resets are seen where they were,
///   with the same values around them.
///
/// Of a series that goes up and down only the ends are kept, by the first two rules: that is enough for all but resets.
///
/// What an edge alone does not tell, the number of samples, is told beside it. Sums are rounded once a bucket.
final class Downsampler {
  final SampleBuffer edges = new SampleBuffer();
  final SampleBuffer counts = new SampleBuffer();
  final SampleBuffer sums = new SampleBuffer();
  final SampleBuffer minima = new SampleBuffer();
  final SampleBuffer maxima = new SampleBuffer();

  SampleBuffer of(Aspect aspect) {
    return switch (aspect) {
      case EDGES, ENDS -> edges;
      case COUNT -> counts;
      case SUM -> sums;
      case MIN -> minima;
      case MAX -> maxima;
    };
  }

  /// Takes a series' samples in place of the one before; all numbers, ascending.
  ///
  /// @param edges which are kept, all edges or the ends
  void take(SampleBuffer samples, Resolution resolution, Aspect edges) {
    List.of(this.edges, counts, sums, minima, maxima).forEach(SampleBuffer::clear);
    for (int from = 0; from < samples.count;) {
      long bucket = resolution.bucket(samples.timestampsMillis[from]);
      int to = from + 1;
      while (to < samples.count && resolution.bucket(samples.timestampsMillis[to]) == bucket) {
        to++;
      }
      takeBucket(samples.timestampsMillis, samples.values, from, to, edges == Aspect.EDGES);
      from = to;
    }
  }

  private void takeBucket(long[] times, double[] values, int from, int to, boolean withResets) {
    int before = -1;
    int edge = -1;
    int pending = 0;
    double sum = 0;
    double lost = 0;
    double min = Double.NaN;
    double max = Double.NaN;
    for (int i = from; i < to; i++) {
      double value = values[i];
      if (isStale(value)) {
        continue;
      }
      if (before < 0) {
        addEdge(times[i], value, 1);
        edge = i;
      } else {
        pending++;
        if (withResets && !(value >= values[before])) {
          if (edge != before) {
            addEdge(times[before], values[before], pending - 1);
            pending = 1;
          }
          addEdge(times[i], value, pending);
          pending = 0;
          edge = i;
        }
      }
      double total = sum + value;
      lost = lost(sum, value, total, lost);
      sum = total;
      min = Double.isNaN(min) || value <= min ? value : min;
      max = Double.isNaN(max) || value >= max ? value : max;
      before = i;
    }
    if (before >= 0) {
      if (edge != before) {
        addEdge(times[before], values[before], pending);
      }
      sums.add(times[before], sum + lost);
      minima.add(times[before], min);
      maxima.add(times[before], max);
    }
    if (before != to - 1) {
      addEdge(times[to - 1], values[to - 1], Stale.VALUE);
    }
  }

  private void addEdge(long millis, double value, double count) {
    edges.add(millis, value);
    counts.add(millis, count);
  }

  /// Neumaier's compensation after `sum + value = total`; none once the total is no finite number.
  private static double lost(double sum, double value, double total, double before) {
    if (Double.isInfinite(total) || Double.isNaN(total)) {
      return 0;
    }
    return before + (Math.abs(sum) >= Math.abs(value) ? (sum - total) + value : (value - total) + sum);
  }

  private static boolean isStale(double value) {
    return Double.doubleToRawLongBits(value) == Stale.BITS;
  }
}
