package io.tidemark.log;

import java.util.Arrays;

/// The series of one epoch by handle, 0, 1, 2 …: where each is written and whether its definition is durable. One thread.
///
/// Pages never move, so the memory is 6 bytes a series; what a definition needs until it is durable goes page by page.
final class KnownSeries {
  /// A definition that is in a durable record.
  static final int DURABLE = -1;
  private static final int PAGE_SHIFT = 10;
  private static final int PAGE = 1 << PAGE_SHIFT;
  private static final int MASK = PAGE - 1;

  private static final class Page {
    final int[] refs = new int[PAGE];
    final short[] partitions = new short[PAGE];
    /// 0: in no record yet; DURABLE: in a durable record; else the number of the last record that carries the definition. Empty once
    /// all are durable.
    int[] written = new int[PAGE];
    /// Canonical bytes, kept until they are durable.
    byte[][] labels = new byte[PAGE][];
    int waiting = PAGE;
  }

  private Page[] pages = new Page[0];
  private int count;

  int count() {
    return count;
  }

  /// Adds a series and returns its handle.
  ///
  /// @param partition below 65,536
  int add(int partition, int ref, byte[] canonical) {
    int number = count >>> PAGE_SHIFT;
    if (number == pages.length) {
      pages = Arrays.copyOf(pages, number + 1);
      pages[number] = new Page();
    }
    Page page = pages[number];
    int at = count & MASK;
    page.refs[at] = ref;
    page.partitions[at] = (short) partition;
    page.labels[at] = canonical;
    return count++;
  }

  int ref(int handle) {
    return pages[handle >>> PAGE_SHIFT].refs[handle & MASK];
  }

  int partition(int handle) {
    return pages[handle >>> PAGE_SHIFT].partitions[handle & MASK] & 0xffff;
  }

  /// The number of the last record that carries the definition, 0 for none, or {@link #DURABLE}.
  int written(int handle) {
    int[] written = pages[handle >>> PAGE_SHIFT].written;
    return written.length == 0 ? DURABLE : written[handle & MASK];
  }

  /// The canonical bytes of a series that is not durable.
  byte[] labels(int handle) {
    return pages[handle >>> PAGE_SHIFT].labels[handle & MASK];
  }

  /// Notes the record that carries the definition now.
  void write(int handle, int record) {
    pages[handle >>> PAGE_SHIFT].written[handle & MASK] = record;
  }

  /// Notes that a definition is durable; it may be told more than once.
  void endure(int handle) {
    Page page = pages[handle >>> PAGE_SHIFT];
    int at = handle & MASK;
    if (page.written.length == 0 || page.written[at] == DURABLE) {
      return;
    }
    page.written[at] = DURABLE;
    page.labels[at] = null;
    if (--page.waiting == 0) {
      page.written = new int[0];
      page.labels = new byte[0][];
    }
  }
}
