package io.tidemark.storage;

import java.util.Arrays;

/// Reusable columns of one series' samples. Owned by one thread at a time.
///
/// `timestampsMillis[0..count)` ascend; `values` run beside them. Both arrays may be longer than `count` and are replaced when they
/// grow, so take the references after the read.
public final class SampleBuffer {
  public long[] timestampsMillis = new long[256];
  public double[] values = new double[256];
  public int count;

  public void clear() {
    count = 0;
  }

  /// Makes room for `more` samples after the present ones.
  public void reserve(int more) {
    int needed = count + more;
    if (needed > values.length) {
      int capacity = Math.max(needed, values.length * 2);
      timestampsMillis = Arrays.copyOf(timestampsMillis, capacity);
      values = Arrays.copyOf(values, capacity);
    }
  }

  public void add(long timestampMillis, double value) {
    if (count == values.length) {
      reserve(1);
    }
    timestampsMillis[count] = timestampMillis;
    values[count++] = value;
  }
}
