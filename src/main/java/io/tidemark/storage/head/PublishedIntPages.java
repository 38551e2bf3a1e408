package io.tidemark.storage.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Ints that one thread appends and any thread reads one by one, in pages that never move: nothing is kept for growth, and growing
/// leaves nothing behind. Publication as in {@link PublishedLongs}.
final class PublishedIntPages {
  private static final VarHandle COUNT;
  private static final int SHIFT = 11;
  private static final int PAGE = 1 << SHIFT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(PublishedIntPages.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int[][] pages = new int[0][];
  private int count;

  /// The writer's alone.
  void add(int value) {
    int at = count;
    int[][] to = pages;
    if (at >>> SHIFT == to.length) {
      to = Arrays.copyOf(to, to.length + 1);
      to[at >>> SHIFT] = new int[PAGE];
      pages = to;
    }
    to[at >>> SHIFT][at & PAGE - 1] = value;
    COUNT.setRelease(this, at + 1);
  }

  int count() {
    return (int) COUNT.getAcquire(this);
  }

  /// Value `index`, below a count acquired before.
  int at(int index) {
    return pages[index >>> SHIFT][index & PAGE - 1];
  }

  long bytes() {
    return pages.length * (PAGE * 4L + 20);
  }
}
