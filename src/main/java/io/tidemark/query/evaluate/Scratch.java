package io.tidemark.query.evaluate;

import io.tidemark.query.kernel.Column;
import io.tidemark.storage.SampleBuffer;
import java.util.ArrayDeque;

/// Buffers that one worker reuses from series to series. Owned by one thread at a time.
final class Scratch {
  private static final long LARGE_BYTES = 1 << 20;
  private static final int COLUMNS_MAX = 16;

  final SampleBuffer samples = new SampleBuffer();
  /// Beside the samples: how many each of them stands for.
  final SampleBuffer counts = new SampleBuffer();
  private final ArrayDeque<Column> columns = new ArrayDeque<>();
  private int[] ints = new int[256];
  private double[] doubles = new double[256];

  /// Whether it has grown so large that keeping it for the next query would waste memory.
  boolean isLarge() {
    long bytes = 4L * ints.length + 8L * doubles.length + 16L * (samples.values.length + counts.values.length);
    for (Column column : columns) {
      bytes += 8L * column.values.length;
    }
    return bytes > LARGE_BYTES || columns.size() > COLUMNS_MAX;
  }

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
  Column column(int count) {
    Column column = columns.poll();
    return column != null && column.values.length >= count ? column : new Column(count);
  }

  void giveBack(Column column) {
    column.forgetHistograms();
    columns.push(column);
  }
}
