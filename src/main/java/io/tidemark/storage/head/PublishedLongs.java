package io.tidemark.storage.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Longs that one thread appends and any thread reads, in pages that never move. A value below an acquired count never changes.
final class PublishedLongs {
  private static final VarHandle COUNT;
  private static final int SHIFT = 10;
  private static final int PAGE = 1 << SHIFT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(PublishedLongs.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long[][] pages = new long[0][];
  private int count;

  /// The writer's alone.
  void add(long value) {
    int at = count;
    long[][] to = pages;
    if (at >>> SHIFT == to.length) {
      to = Arrays.copyOf(to, to.length + 1);
      to[at >>> SHIFT] = new long[PAGE];
      pages = to;
    }
    to[at >>> SHIFT][at & PAGE - 1] = value;
    COUNT.setRelease(this, at + 1);
  }

  int count() {
    return (int) COUNT.getAcquire(this);
  }

  /// Value `index`, below a count acquired before.
  long at(int index) {
    return pages[index >>> SHIFT][index & PAGE - 1];
  }

  /// Replaces a value that only the writer reads.
  void set(int index, long value) {
    pages[index >>> SHIFT][index & PAGE - 1] = value;
  }

  long bytes() {
    return pages.length * (PAGE * 8L + 24);
  }
}
