package io.tidemark.query.evaluate;

import io.tidemark.storage.SampleBuffer;
import java.util.ArrayDeque;

/// Buffers that one worker reuses from series to series. Owned by one thread at a time.
final class Scratch {
  final SampleBuffer samples = new SampleBuffer();
  private final ArrayDeque<double[]> columns = new ArrayDeque<>();
  private int[] ints = new int[256];
  private double[] doubles = new double[256];

  /// At least `count` ints with any content; the same array at each call.
  int[] ints(int count) {
    if (ints.length < count) {
      ints = new int[Math.max(count, ints.length * 2)];
    }
    return ints;
  }

  /// At least `count` doubles with any content; the same array at each call.
  double[] doubles(int count) {
    if (doubles.length < count) {
      doubles = new double[Math.max(count, doubles.length * 2)];
    }
    return doubles;
  }

  /// A column of at least `count` values with any content, until {@link #giveBack}.
  double[] column(int count) {
    double[] column = columns.poll();
    return column != null && column.length >= count ? column : new double[count];
  }

  void giveBack(double[] column) {
    columns.push(column);
  }
}
