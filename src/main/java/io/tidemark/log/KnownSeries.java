package io.tidemark.log;

import java.util.Arrays;

/// The series of one epoch by handle, 0, 1, 2 …: where each is written and whether its definition is durable. One thread.
///
/// A series is one word, its *place*, in pages that never move; what its definition needs until it is durable goes page by page.
final class KnownSeries {
  private static final int PAGE_SHIFT = 10;
  private static final int PAGE = 1 << PAGE_SHIFT;
  private static final int MASK = PAGE - 1;
  private static final int PARTITION_SHIFT = 32;
  /// The sign.
  private static final long DURABLE = Long.MIN_VALUE;

  /// Definitions of a page of series that are not all durable.
  private static final class Waiting {
    static final Waiting NONE = new Waiting(0);

    /// The number of the last record that carries the definition; 0 for none yet.
    final int[] records;
    final byte[][] labels;
    int left;

    Waiting(int count) {
      records = new int[count];
      labels = new byte[count][];
      left = count;
    }
  }

  private long[][] places = new long[0][];
  private Waiting[] waiting = new Waiting[0];
  private int count;

  int count() {
    return count;
  }

  /// Adds a series that is not durable and returns its handle.
  ///
  /// @param canonical its label bytes, kept until they are durable
  int add(int partition, int ref, byte[] canonical) {
    int page = count >>> PAGE_SHIFT;
    if (page == places.length) {
      places = Arrays.copyOf(places, page + 1);
      places[page] = new long[PAGE];
      waiting = Arrays.copyOf(waiting, page + 1);
      waiting[page] = new Waiting(PAGE);
    }
    places[page][count & MASK] = (long) partition << PARTITION_SHIFT | ref;
    waiting[page].labels[count & MASK] = canonical;
    return count++;
  }

  long place(int handle) {
    return places[handle >>> PAGE_SHIFT][handle & MASK];
  }

  static int ref(long place) {
    return (int) place;
  }

  static int partition(long place) {
    return (int) (place >>> PARTITION_SHIFT) & Integer.MAX_VALUE;
  }

  /// Whether the definition is in a durable record.
  static boolean isDurable(long place) {
    return place < 0;
  }

  /// Whether the record is the last one that carries the definition of a series that is not durable.
  boolean isIn(int record, int handle) {
    return waiting[handle >>> PAGE_SHIFT].records[handle & MASK] == record;
  }

  /// Notes that a record carries the definition of a series that is not durable, and returns its canonical label bytes.
  byte[] define(int handle, int record) {
    Waiting of = waiting[handle >>> PAGE_SHIFT];
    of.records[handle & MASK] = record;
    return of.labels[handle & MASK];
  }

  /// Notes that a definition is durable; it may be told more than once.
  void endure(int handle) {
    int page = handle >>> PAGE_SHIFT;
    int at = handle & MASK;
    if (isDurable(places[page][at])) {
      return;
    }
    places[page][at] |= DURABLE;
    Waiting of = waiting[page];
    of.labels[at] = null;
    if (--of.left == 0) {
      waiting[page] = Waiting.NONE;
    }
  }
}
