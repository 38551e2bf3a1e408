package io.tidemark.storage.head;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// When the counters of one of a slot's two streams began: runs of samples with one start time. A constant start is one run.
///
/// The loop adds, any thread reads. A run's end grows in place: a reader may see it grown further than the samples that it knows of, never
/// less far, because the end is written before the sample is counted.
final class StartRuns {
  private static final int FROM = 0;
  private static final int TO = 1;
  private static final int START = 2;
  private static final int WORDS = 3;
  private static final VarHandle COUNT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(StartRuns.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long[] runs = new long[WORDS];
  private int count;

  /// Sample `ordinal` of the stream began at `startMillis`. Ordinals ascend. The loop's alone.
  void add(int ordinal, long startMillis) {
    long[] to = runs;
    int last = (count - 1) * WORDS;
    if (count > 0 && to[last + TO] == ordinal && to[last + START] == startMillis) {
      to[last + TO] = ordinal + 1L;
      return;
    }
    add(ordinal, ordinal + 1, startMillis);
  }

  private void add(int from, int end, long startMillis) {
    long[] to = runs;
    int at = count * WORDS;
    if (at == to.length) {
      to = Arrays.copyOf(to, to.length * 2);
    }
    to[at + FROM] = from;
    to[at + TO] = end;
    to[at + START] = startMillis;
    runs = to;
    COUNT.setRelease(this, count + 1);
  }

  int count() {
    return (int) COUNT.getAcquire(this);
  }

  long bytes() {
    return 48 + runs.length * 8L;
  }

  /// The start of a sample, 0 for unknown.
  long at(int ordinal) {
    int n = count();
    long[] in = runs;
    int low = 0;
    int high = n;
    while (low < high) {
      int middle = low + high >>> 1;
      if (in[middle * WORDS + TO] <= ordinal) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < n && in[low * WORDS + FROM] <= ordinal ? in[low * WORDS + START] : 0;
  }

  /// Writes the first `count` runs as far as they speak of the first `samples` samples.
  void write(ByteWriter out, int runCount, int samples) {
    long[] from = runs;
    out.writeVarint(runCount);
    long end = 0;
    long start = 0;
    for (int at = 0; at < runCount * WORDS; at += WORDS) {
      long to = Math.min(samples, from[at + TO]);
      out.writeVarint(from[at + FROM] - end);
      out.writeVarint(to - from[at + FROM]);
      out.writeZigzag(from[at + START] - start);
      end = to;
      start = from[at + START];
    }
  }

  /// Reads what {@link #write} wrote.
  static StartRuns read(ByteReader in) {
    var read = new StartRuns();
    int end = 0;
    long start = 0;
    for (int left = in.readCount(3); left > 0; left--) {
      int from = Math.addExact(end, in.readCount(0));
      end = Math.addExact(from, in.readCount(0));
      start += in.readZigzag();
      read.add(from, end, start);
    }
    return read;
  }
}
