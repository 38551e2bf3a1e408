package io.tidemark.storage;

import java.util.Arrays;
import java.util.Comparator;

/// Order and uniqueness of samples, by one rule: of two samples with one timestamp the newer write wins.
///
/// What a histogram says of a counter reset is about the sample that its sender had before it. Wherever another one comes to stand there,
/// be it of another stream, window or block, it is taken back, and readers compare counts. As a sample that was put between two is never
/// taken out again, the order in which parts are merged does not matter. Source: Prometheus' `chainSampleIterator`, re-stated.
public final class Samples {
  private Samples() {}

  /// Sorts the first `count` samples, given in order of arrival, by timestamp; of equal ones the last stays.
  ///
  /// @return how many are left
  public static int sortLastWins(long[] timestampsMillis, double[] values, int count) {
    boolean ascending = true;
    for (int i = 1; i < count && ascending; i++) {
      ascending = timestampsMillis[i - 1] < timestampsMillis[i];
    }
    if (ascending) {
      return count;
    }
    mergeSort(timestampsMillis, values, new long[count], new double[count], count);
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (kept > 0 && timestampsMillis[kept - 1] == timestampsMillis[i]) {
        kept--;
      }
      timestampsMillis[kept] = timestampsMillis[i];
      values[kept++] = values[i];
    }
    return kept;
  }

  /// {@link #sortLastWins(long[], double[], int)} of a whole buffer with all its columns.
  public static void sortLastWins(SampleBuffer buffer) {
    if (!buffer.hasHistograms() && !buffer.hasStarts()) {
      buffer.count = sortLastWins(buffer.timestampsMillis, buffer.values, buffer.count);
      return;
    }
    var order = new Integer[buffer.count];
    Arrays.setAll(order, i -> i);
    // Stable: of equal times the later one stays behind.
    Arrays.sort(order, Comparator.comparingLong(i -> buffer.timestampsMillis[i]));
    var sorted = new SampleBuffer();
    int before = -1;
    for (int i = 0; i < order.length; i++) {
      if (i + 1 == order.length || buffer.timestampsMillis[order[i]] != buffer.timestampsMillis[order[i + 1]]) {
        sorted.addFrom(buffer, order[i]);
        if (order[i] != before + 1) {
          sorted.forgetReset(sorted.count - 1);
        }
        before = order[i];
      }
    }
    buffer.truncate(0);
    append(buffer, sorted, 0, sorted.count);
  }

  /// Merges newer samples, ascending and unique, into those of `into` from index `begin` on, which are so too.
  public static void mergeNewer(SampleBuffer into, int begin, SampleBuffer newer) {
    if (!into.hasHistograms() && !into.hasStarts() && !newer.hasHistograms() && !newer.hasStarts()) {
      mergeNewer(into, begin, newer.timestampsMillis, newer.values, newer.count);
      return;
    }
    if (newer.count == 0) {
      return;
    }
    if (into.count == begin || into.timestampsMillis[into.count - 1] < newer.timestampsMillis[0]) {
      int seam = into.count;
      append(into, newer, 0, newer.count);
      into.forgetReset(seam);
      return;
    }
    var older = new SampleBuffer();
    append(older, into, begin, into.count);
    into.truncate(begin);
    int i = 0;
    int j = 0;
    boolean wasNewer = false;
    while (i < older.count || j < newer.count) {
      long next = i < older.count ? older.timestampsMillis[i] : Long.MAX_VALUE;
      boolean isNewer = j < newer.count && newer.timestampsMillis[j] <= next;
      if (isNewer) {
        i += i < older.count && newer.timestampsMillis[j] == next ? 1 : 0;
        into.addFrom(newer, j++);
      } else {
        into.addFrom(older, i++);
      }
      if (isNewer != wasNewer && into.count - 1 > begin) {
        into.forgetReset(into.count - 1);
      }
      wasNewer = isNewer;
    }
  }

  private static void append(SampleBuffer into, SampleBuffer from, int begin, int end) {
    into.reserve(end - begin);
    for (int i = begin; i < end; i++) {
      into.addFrom(from, i);
    }
  }

  /// Stable, bottom up.
  private static void mergeSort(long[] timestamps, double[] values, long[] otherTimestamps, double[] otherValues, int count) {
    for (int width = 1; width < count; width *= 2) {
      for (int low = 0; low < count; low += 2 * width) {
        int middle = Math.min(low + width, count);
        int high = Math.min(low + 2 * width, count);
        int left = low;
        int right = middle;
        for (int to = low; to < high; to++) {
          boolean takeLeft = left < middle && (right >= high || timestamps[left] <= timestamps[right]);
          int from = takeLeft ? left++ : right++;
          otherTimestamps[to] = timestamps[from];
          otherValues[to] = values[from];
        }
      }
      System.arraycopy(otherTimestamps, 0, timestamps, 0, count);
      System.arraycopy(otherValues, 0, values, 0, count);
    }
  }

  /// Merges `count` newer samples, ascending and unique, into those of `into` from index `begin` on, which are so too.
  public static void mergeNewer(SampleBuffer into, int begin, long[] timestampsMillis, double[] values, int count) {
    if (count == 0) {
      return;
    }
    int older = into.count - begin;
    into.reserve(count);
    long[] t = into.timestampsMillis;
    double[] v = into.values;
    if (older == 0 || t[into.count - 1] < timestampsMillis[0]) {
      System.arraycopy(timestampsMillis, 0, t, into.count, count);
      System.arraycopy(values, 0, v, into.count, count);
      into.count += count;
      return;
    }
    // From the back, so nothing is overwritten before it is read; equal timestamps leave a gap that is closed at the end.
    int i = into.count - 1;
    int j = count - 1;
    int to = begin + older + count - 1;
    int end = to;
    while (j >= 0) {
      if (i >= begin && t[i] > timestampsMillis[j]) {
        t[to] = t[i];
        v[to--] = v[i--];
      } else {
        if (i >= begin && t[i] == timestampsMillis[j]) {
          i--;
        }
        t[to] = timestampsMillis[j];
        v[to--] = values[j--];
      }
    }
    int gap = to - i;
    if (gap > 0) {
      System.arraycopy(t, to + 1, t, i + 1, end - to);
      System.arraycopy(v, to + 1, v, i + 1, end - to);
    }
    into.count = end + 1 - gap;
  }
}
