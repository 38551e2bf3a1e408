package io.tidemark.log;

/// 128-bit hash → handle, by open addressing with linear probing. One thread.
final class SeriesTable {
  private static final int SLOTS_MIN = 1024;

  /// Two longs a slot: high, low.
  private long[] hashes = new long[SLOTS_MIN * 2];
  /// Handle + 1; 0 marks a free slot.
  private int[] handles = new int[SLOTS_MIN];
  private int entries;

  int entries() {
    return entries;
  }

  /// The handle, or `BatchWriter.UNKNOWN`.
  int find(long high, long low) {
    int mask = handles.length - 1;
    int slot = (int) (low ^ high >>> 32) & mask;
    while (true) {
      int handle = handles[slot];
      if (handle == 0) {
        return BatchWriter.UNKNOWN;
      }
      if (hashes[slot * 2 + 1] == low && hashes[slot * 2] == high) {
        return handle - 1;
      }
      slot = slot + 1 & mask;
    }
  }

  /// Adds a hash that is not there yet.
  void put(long high, long low, int handle) {
    assert find(high, low) == BatchWriter.UNKNOWN;
    if ((entries + 1) * 2 > handles.length) {
      grow();
    }
    insert(high, low, handle + 1);
    entries++;
  }

  private void insert(long high, long low, int stored) {
    int mask = handles.length - 1;
    int slot = (int) (low ^ high >>> 32) & mask;
    while (handles[slot] != 0) {
      slot = slot + 1 & mask;
    }
    handles[slot] = stored;
    hashes[slot * 2] = high;
    hashes[slot * 2 + 1] = low;
  }

  private void grow() {
    long[] oldHashes = hashes;
    int[] oldHandles = handles;
    handles = new int[oldHandles.length * 2];
    hashes = new long[oldHashes.length * 2];
    for (int i = 0; i < oldHandles.length; i++) {
      if (oldHandles[i] != 0) {
        insert(oldHashes[i * 2], oldHashes[i * 2 + 1], oldHandles[i]);
      }
    }
  }
}
