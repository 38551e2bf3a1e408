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

  private volatile Object[] array = new Object[4];
  private int count;

  /// The writer's alone.
  void add(T value) {
    Object[] to = array;
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
  @SuppressWarnings("unchecked")
  T at(int index) {
    return (T) array[index];
  }

  int capacity() {
    return array.length;
  }
}
