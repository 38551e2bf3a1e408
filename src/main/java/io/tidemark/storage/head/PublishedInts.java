package io.tidemark.storage.head;

import io.tidemark.storage.Postings;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Ints that one thread appends and any thread reads.
///
/// The writer fills the slot, then releases the count; when the array is full it first publishes a longer copy. A reader acquires
/// the count *before* it takes the array: the array that it sees is then at least as new as the one that held `count` values, and
/// the values below the count never change in any of them. (Count and array need no common holder because nothing is truncated.)
final class PublishedInts {
  private static final VarHandle COUNT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(PublishedInts.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int[] array;
  private int count;

  PublishedInts(int capacity) {
    array = new int[capacity];
  }

  /// The writer's alone.
  void add(int value) {
    int[] to = array;
    int at = count;
    if (at == to.length) {
      // Long lists grow by less, since most of the memory of all lists is theirs.
      to = Arrays.copyOf(to, at < 8 ? at + 3 : at + (at >> (at < 1024 ? 2 : 3)));
      array = to;
    }
    to[at] = value;
    COUNT.setRelease(this, at + 1);
  }

  int count() {
    return (int) COUNT.getAcquire(this);
  }

  /// What is there now. The array is shared and must not be written to.
  Postings view() {
    int n = count();
    return new Postings(array, n);
  }

  int bytes() {
    return 40 + array.length * 4;
  }
}
