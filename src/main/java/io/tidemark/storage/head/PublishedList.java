package io.tidemark.storage.head;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Objects that one thread appends and any thread reads; publication as in {@link PublishedInts}. The objects' own state must be
/// final or published by themselves.
final class PublishedList<T> {
  private static final VarHandle COUNT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(PublishedList.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile T[] array;
  private int count;

  /// @param first an empty array to begin with, longer than 1; taken over
  PublishedList(T[] first) {
    array = first;
  }

  /// The writer's alone.
  void add(T value) {
    T[] to = array;
    int at = count;
    if (at == to.length) {
      to = Arrays.copyOf(to, at + (at >> 1));
      array = to;
    }
    to[at] = value;
    COUNT.setRelease(this, at + 1);
  }

  int count() {
    return (int) COUNT.getAcquire(this);
  }

  /// Object `index`, below a count acquired before.
  T at(int index) {
    return array[index];
  }

  int capacity() {
    return array.length;
  }
}
