package io.tidemark.collector.budget;

import java.util.Arrays;

/// How many were added lately: in slots of ten minutes for the last hour and of an hour for the last day. Guarded by its account.
final class Growth {
  private static final long SHORT_MILLIS = 600_000;
  private static final long LONG_MILLIS = 3_600_000;

  private final int[] shortSlots = new int[7];
  private final int[] longSlots = new int[25];
  private long shortNow;
  private long longNow;

  void add(long nowMillis) {
    turn(nowMillis);
    shortSlots[(int) (shortNow % shortSlots.length)]++;
    longSlots[(int) (longNow % longSlots.length)]++;
  }

  /// Of the last 60 to 70 minutes.
  long ofHour(long nowMillis) {
    turn(nowMillis);
    return Arrays.stream(shortSlots).asLongStream().sum();
  }

  /// Of the last 24 to 25 hours.
  long ofDay(long nowMillis) {
    turn(nowMillis);
    return Arrays.stream(longSlots).asLongStream().sum();
  }

  private void turn(long nowMillis) {
    shortNow = turn(shortSlots, shortNow, nowMillis / SHORT_MILLIS);
    longNow = turn(longSlots, longNow, nowMillis / LONG_MILLIS);
  }

  private static long turn(int[] slots, long before, long now) {
    for (long slot = Math.max(before + 1, now - slots.length + 1); slot <= now; slot++) {
      slots[(int) (slot % slots.length)] = 0;
    }
    return Math.max(before, now);
  }
}
