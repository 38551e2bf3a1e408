package io.tidemark.storage;

import java.util.Arrays;

/// From which time on one shard's samples have changed, since any moment of its life here.
///
/// Kept are pairs of a number, counted up with each change, and the lowest time that changed since the pair before; only pairs lower
/// than all later ones say anything, so times ascend with numbers. Times are rounded down to {@link #GRAIN_MILLIS}: samples that arrive
/// in time move one pair on. Past {@link #PAIRS_MAX} the two oldest become one, which answers old questions lower than need be.
///
/// Written by the shard's loop, read on any thread through one published object.
final class Changes {
  static final long GRAIN_MILLIS = 15_000;
  static final int PAIRS_MAX = 512;

  /// @param numbers ascending
  /// @param from    ascending, times in grains
  /// @param last    number of the last pair, which may be newer than its place says
  private record State(long[] numbers, long[] from, long last) {}

  private volatile State state = new State(new long[0], new long[0], 0);

  /// Samples at `fromMillis` and maybe later have changed. The loop's alone.
  void add(long fromMillis) {
    State now = state;
    long grain = fromMillis == Long.MIN_VALUE ? Long.MIN_VALUE : Math.floorDiv(fromMillis, GRAIN_MILLIS);
    long number = now.last + 1;
    int count = now.from.length;
    if (count > 0 && now.from[count - 1] == grain) {
      state = new State(now.numbers, now.from, number);
      return;
    }
    int kept = count;
    while (kept > 0 && now.from[kept - 1] >= grain) {
      kept--;
    }
    // The last pair stands for all numbers up to the last; what stays of it must not stand for less.
    long[] numbers = Arrays.copyOf(now.numbers, kept + 1);
    long[] from = Arrays.copyOf(now.from, kept + 1);
    if (kept == count && kept > 0) {
      numbers[kept - 1] = now.last;
    }
    numbers[kept] = number;
    from[kept] = grain;
    if (from.length > PAIRS_MAX) {
      long lowest = from[0];
      numbers = Arrays.copyOfRange(numbers, 1, numbers.length);
      from = Arrays.copyOfRange(from, 1, from.length);
      from[0] = lowest;
    }
    state = new State(numbers, from, number);
  }

  /// The number of the last change. Any thread.
  long number() {
    return state.last;
  }

  /// The lowest time that changed after `number`; `Long.MAX_VALUE` for none. Any thread.
  long changedFromMillis(long number) {
    State now = state;
    if (number >= now.last) {
      return Long.MAX_VALUE;
    }
    int count = now.from.length;
    for (int i = 0; i < count - 1; i++) {
      if (now.numbers[i] > number) {
        return millis(now.from[i]);
      }
    }
    return millis(now.from[count - 1]);
  }

  private static long millis(long grain) {
    return grain < Long.MIN_VALUE / GRAIN_MILLIS ? Long.MIN_VALUE : grain * GRAIN_MILLIS;
  }
}
