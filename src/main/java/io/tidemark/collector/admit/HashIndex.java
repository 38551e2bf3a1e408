package io.tidemark.collector.admit;

import java.util.Arrays;

/// 128-bit hash → the dense number that it got when it was added, by open addressing. One thread.
public final class HashIndex {
  private static final int ENTRIES_MIN = 64;

  private long[] highs = new long[ENTRIES_MIN];
  private long[] lows = new long[ENTRIES_MIN];
  private int count;
  /// Entry + 1; 0 is free. A power of two, at least twice as many as entries.
  private int[] slots = new int[ENTRIES_MIN * 4];

  /// The number of a known hash, or -1.
  public int find(long high, long low) {
    int mask = slots.length - 1;
    for (int slot = (int) low & mask;; slot = slot + 1 & mask) {
      int entry = slots[slot] - 1;
      if (entry < 0 || lows[entry] == low && highs[entry] == high) {
        return entry;
      }
    }
  }

  /// Adds a hash that {@link #find} did not know; the numbers count up from 0.
  public int add(long high, long low) {
    if (count == highs.length) {
      highs = Arrays.copyOf(highs, count * 2);
      lows = Arrays.copyOf(lows, count * 2);
    }
    highs[count] = high;
    lows[count] = low;
    count++;
    if (count * 2 > slots.length) {
      slots = new int[slots.length * 2];
      for (int entry = 0; entry < count; entry++) {
        insert(entry);
      }
    } else {
      insert(count - 1);
    }
    return count - 1;
  }

  private void insert(int entry) {
    int mask = slots.length - 1;
    int slot = (int) lows[entry] & mask;
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = entry + 1;
  }

  public long high(int entry) {
    return highs[entry];
  }

  public long low(int entry) {
    return lows[entry];
  }

  public int count() {
    return count;
  }

  public void clear() {
    count = 0;
    Arrays.fill(slots, 0);
  }
}
