package io.tidemark.storage.block;

import io.tidemark.storage.SampleBuffer;
import java.util.Arrays;

/// The samples of one series over a short stretch of time, as one array so that a look at it touches little memory: where the stretch
/// begins, where it ends (exclusive), the timestamps, then the values' bits.
final class Moment {
  private static final int HEAD = 2;

  private Moment() {}

  /// All samples of the stretch: those of `from` behind the first `begin`, plain numbers.
  static long[] of(long fromMillis, long toMillis, SampleBuffer from, int begin) {
    int count = from.count - begin;
    var moment = new long[HEAD + 2 * count];
    moment[0] = fromMillis;
    moment[1] = toMillis;
    System.arraycopy(from.timestampsMillis, begin, moment, HEAD, count);
    for (int i = 0; i < count; i++) {
      moment[HEAD + count + i] = Double.doubleToRawLongBits(from.values[begin + i]);
    }
    return moment;
  }

  /// Whether the range is within the stretch.
  static boolean holds(long[] moment, long fromMillis, long toMillis) {
    return moment[0] <= fromMillis && toMillis <= moment[1];
  }

  /// Whether the stretch has samples within the range.
  static boolean has(long[] moment, long fromMillis, long toMillis) {
    int count = (moment.length - HEAD) / 2;
    int place = before(moment, count, fromMillis);
    return place < HEAD + count && moment[place] < toMillis;
  }

  /// Adds the samples of a range within the stretch.
  static void read(long[] moment, long fromMillis, long toMillis, SampleBuffer into) {
    int count = (moment.length - HEAD) / 2;
    int from = before(moment, count, fromMillis);
    int to = before(moment, count, toMillis);
    into.reserve(to - from);
    System.arraycopy(moment, from, into.timestampsMillis, into.count, to - from);
    for (int i = from; i < to; i++) {
      into.values[into.count++] = Double.longBitsToDouble(moment[count + i]);
    }
  }

  /// The place of the first timestamp that is not before `millis`.
  private static int before(long[] moment, int count, long millis) {
    int place = Arrays.binarySearch(moment, HEAD, HEAD + count, millis);
    return place < 0 ? -place - 1 : place;
  }
}
