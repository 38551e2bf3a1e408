package io.tidemark.log;

import java.util.Arrays;

/// 128-bit hash → handle, by open addressing with linear probing. One thread.
///
/// Entries lie in the order in which they came, and senders repeat their series in that order. So a search first looks at the two
/// entries behind the last one that was found: in the steady state that reads memory in order, where the table itself would cost two
/// cache misses a sample. Two, because a new series is put under its canonical hash and then under the received one.
final class SeriesTable {
  private static final int ENTRIES_MIN = 512;
  private static final int GUESSES = 2;

  /// Entry + 1; 0 marks a free slot. Twice as many as there may be entries.
  private int[] slots = new int[ENTRIES_MIN * 2];
  /// Two longs an entry: high, low.
  private long[] hashes = new long[ENTRIES_MIN * 2];
  private int[] handles = new int[ENTRIES_MIN];
  private int entries;
  private int lastFound;

  int entries() {
    return entries;
  }

  /// The handle, or `BatchWriter.UNKNOWN`.
  int find(long high, long low) {
    int end = Math.min(entries, lastFound + 1 + GUESSES);
    for (int entry = lastFound + 1; entry < end; entry++) {
      if (isAt(entry, high, low)) {
        lastFound = entry;
        return handles[entry];
      }
    }
    return search(high, low);
  }

  private int search(long high, long low) {
    int mask = slots.length - 1;
    int slot = slot(high, low, mask);
    while (slots[slot] != 0) {
      int entry = slots[slot] - 1;
      if (isAt(entry, high, low)) {
        lastFound = entry;
        return handles[entry];
      }
      slot = slot + 1 & mask;
    }
    return BatchWriter.UNKNOWN;
  }

  private boolean isAt(int entry, long high, long low) {
    return hashes[entry * 2 + 1] == low && hashes[entry * 2] == high;
  }

  private static int slot(long high, long low, int mask) {
    return (int) (low ^ high >>> 32) & mask;
  }

  /// Adds a hash that is not there yet.
  void put(long high, long low, int handle) {
    assert search(high, low) == BatchWriter.UNKNOWN;
    if (entries == handles.length) {
      grow();
    }
    hashes[entries * 2] = high;
    hashes[entries * 2 + 1] = low;
    handles[entries] = handle;
    index(entries++);
  }

  private void index(int entry) {
    int mask = slots.length - 1;
    int slot = slot(hashes[entry * 2], hashes[entry * 2 + 1], mask);
    while (slots[slot] != 0) {
      slot = slot + 1 & mask;
    }
    slots[slot] = entry + 1;
  }

  private void grow() {
    handles = Arrays.copyOf(handles, entries * 2);
    hashes = Arrays.copyOf(hashes, entries * 4);
    slots = new int[entries * 4];
    for (int entry = 0; entry < entries; entry++) {
      index(entry);
    }
  }
}
