package io.tidemark.log;

import java.util.Arrays;

/// 128-bit hash → handle, by open addressing with linear probing. One thread.
///
/// Entries lie in the order in which they came, and senders repeat their series in that order. So a search first looks at the two
/// entries behind the last one that was found: in the steady state that reads memory in order, where the table itself would cost two
/// cache misses a sample. Two, because a new series is put under its canonical hash and then under the received one.
///
/// Memory is 20 bytes an entry in pages that never move, and 4 bytes a slot, of which between a half and three quarters are taken.
final class SeriesTable {
  private static final int PAGE_SHIFT = 10;
  private static final int PAGE = 1 << PAGE_SHIFT;
  private static final int MASK = PAGE - 1;
  private static final int SLOTS_MIN = 1024;
  private static final int GUESSES = 2;
  /// A slot has the number of its entry + 1 in the lower bits and some of the hash above, so that hardly any other entry is looked at.
  private static final int ENTRY_BITS = 26;
  private static final int ENTRY_MASK = (1 << ENTRY_BITS) - 1;

  /// 0 marks a free slot.
  private int[] slots = new int[SLOTS_MIN];
  /// Pages of two longs an entry: high, low.
  private long[][] hashes = {new long[2 * PAGE]};
  private int[][] handles = {new int[PAGE]};
  private int entries;
  private int lastFound;

  int entries() {
    return entries;
  }

  /// The handle, or `BatchWriter.UNKNOWN`.
  int find(long high, long low) {
    int end = guessesEnd();
    for (int entry = lastFound + 1; entry < end; entry++) {
      if (isAt(entry, high, low)) {
        return found(entry);
      }
    }
    return search(high, low);
  }

  /// The handle if the entry is one of the two that are looked at first, by half of its hash; else `BatchWriter.UNKNOWN`.
  int guess(long high) {
    int end = guessesEnd();
    for (int entry = lastFound + 1; entry < end; entry++) {
      if (hashes[entry >>> PAGE_SHIFT][(entry & MASK) * 2] == high) {
        return found(entry);
      }
    }
    return BatchWriter.UNKNOWN;
  }

  private int guessesEnd() {
    return Math.min(entries, lastFound + 1 + GUESSES);
  }

  private int found(int entry) {
    lastFound = entry;
    return handles[entry >>> PAGE_SHIFT][entry & MASK];
  }

  private int search(long high, long low) {
    int tag = tag(high);
    int slot = slot(high, low);
    while (slots[slot] != 0) {
      int entry = (slots[slot] & ENTRY_MASK) - 1;
      if ((slots[slot] & ~ENTRY_MASK) == tag && isAt(entry, high, low)) {
        return found(entry);
      }
      slot = next(slot);
    }
    return BatchWriter.UNKNOWN;
  }

  private boolean isAt(int entry, long high, long low) {
    long[] page = hashes[entry >>> PAGE_SHIFT];
    int at = (entry & MASK) * 2;
    return page[at + 1] == low && page[at] == high;
  }

  private static int tag(long high) {
    return (int) high & ~ENTRY_MASK;
  }

  /// The hash as a share of the slots, whose number is no power of two.
  private int slot(long high, long low) {
    return (int) (((low ^ high >>> 32) & 0xffffffffL) * slots.length >>> 32);
  }

  private int next(int slot) {
    return slot + 1 == slots.length ? 0 : slot + 1;
  }

  /// Adds a hash that is not there yet.
  void put(long high, long low, int handle) {
    assert search(high, low) == BatchWriter.UNKNOWN;
    int page = entries >>> PAGE_SHIFT;
    if (page == hashes.length) {
      hashes = Arrays.copyOf(hashes, page + 1);
      hashes[page] = new long[2 * PAGE];
      handles = Arrays.copyOf(handles, page + 1);
      handles[page] = new int[PAGE];
    }
    int at = entries & MASK;
    hashes[page][at * 2] = high;
    hashes[page][at * 2 + 1] = low;
    handles[page][at] = handle;
    if ((entries + 1) * 4L > slots.length * 3L) {
      grow();
    }
    index(entries++);
  }

  private void index(int entry) {
    long[] page = hashes[entry >>> PAGE_SHIFT];
    long high = page[(entry & MASK) * 2];
    int slot = slot(high, page[(entry & MASK) * 2 + 1]);
    while (slots[slot] != 0) {
      slot = next(slot);
    }
    assert entry < ENTRY_MASK : entry;
    slots[slot] = tag(high) | entry + 1;
  }

  private void grow() {
    int more = slots.length + (slots.length >> 1);
    // Not both at once.
    slots = new int[0];
    slots = new int[more];
    for (int entry = 0; entry < entries; entry++) {
      index(entry);
    }
  }
}
