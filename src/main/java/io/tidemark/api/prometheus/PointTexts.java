package io.tidemark.api.prometheus;

import io.tidemark.model.LabelSet;
import io.tidemark.query.Value;
import java.util.Arrays;

/// The text of a series' points, kept from one answer to the next: a panel that is refreshed loses points at its begin, gets some at its
/// end, and all between are the same times with the same values. A text is used again only where both are, bit by bit, so it cannot be
/// wrong. One thread at a time.
final class PointTexts {
  /// Room beyond the points of an answer, as a part of them: so often the arrays are moved together.
  private static final int SPARE = 8;
  private static final int FIRST_TEXT_BYTES = 256;
  private static final int OBJECT_BYTES = 160 + FIRST_TEXT_BYTES;
  /// Time, value, and where the text ends.
  private static final int POINT_BYTES = 20;
  private static final int POINT_TEXT_BYTES = 60;

  final LabelSet labels;
  private long[] times = new long[0];
  private double[] values = new double[0];
  /// Where the text of each point ends.
  private int[] ends = new int[0];
  private byte[] text = new byte[FIRST_TEXT_BYTES];
  /// The points that count, in the arrays.
  private int from;
  private int to;

  PointTexts(LabelSet labels) {
    this.labels = labels;
  }

  /// Makes this the text of all points of `series`, numbers all.
  ///
  /// @return how many of them had to be written
  int become(Value.Series series, PointWriter writer) {
    int same = keep(series);
    int count = series.count();
    if (to + count - same > times.length) {
      moveToFront(count);
    }
    for (int i = same; i < count; i++) {
      int at = end();
      if (text.length - at < PointWriter.BYTES_MAX) {
        text = Arrays.copyOf(text, text.length + Math.max(PointWriter.BYTES_MAX, text.length / 2));
      }
      long time = series.timestampsMillis()[i];
      double value = series.values()[i];
      times[to] = time;
      values[to] = value;
      ends[to++] = writer.write(text, at, i, time, value);
    }
    return count - same;
  }

  /// Lets all go but what `series` begins with, and answers how many points of it that is.
  private int keep(Value.Series series) {
    long[] timestamps = series.timestampsMillis();
    int found = Arrays.binarySearch(times, from, to, timestamps[0]);
    if (found < 0) {
      from = 0;
      to = 0;
      return 0;
    }
    int most = Math.min(to - found, series.count());
    int same = 0;
    while (same < most && times[found + same] == timestamps[same]
        && Double.doubleToRawLongBits(values[found + same]) == Double.doubleToRawLongBits(series.values()[same])) {
      same++;
    }
    from = found;
    to = found + same;
    return same;
  }

  private void moveToFront(int count) {
    int room = count + count / SPARE + 1;
    int kept = to - from;
    int begin = begin();
    int bytes = end() - begin;
    long[] movedTimes = times.length >= room ? times : new long[room];
    double[] movedValues = times.length >= room ? values : new double[room];
    int[] movedEnds = times.length >= room ? ends : new int[room];
    System.arraycopy(times, from, movedTimes, 0, kept);
    System.arraycopy(values, from, movedValues, 0, kept);
    for (int i = 0; i < kept; i++) {
      movedEnds[i] = ends[from + i] - begin;
    }
    System.arraycopy(text, begin, text, 0, bytes);
    times = movedTimes;
    values = movedValues;
    ends = movedEnds;
    from = 0;
    to = kept;
  }

  /// Where the text begins in {@link #array}, and where it ends: `,[seconds,"value"],…`.
  int begin() {
    return from == 0 ? 0 : ends[from - 1];
  }

  int end() {
    return to == 0 ? 0 : ends[to - 1];
  }

  byte[] array() {
    return text;
  }

  /// Memory that it takes, its labels left out, which the result cache has too.
  long bytes() {
    return OBJECT_BYTES + (long) POINT_BYTES * times.length + text.length;
  }

  /// About what it takes for so many points.
  static long bytes(int points) {
    return OBJECT_BYTES + (long) (POINT_BYTES + POINT_TEXT_BYTES) * (points + points / SPARE + 1);
  }
}
