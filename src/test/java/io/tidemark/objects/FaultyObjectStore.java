package io.tidemark.objects;

import io.tidemark.disk.Disk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// A store in front of another that fails, delays, lies about a byte or forgets an object, on demand. Any thread.
public final class FaultyObjectStore implements ObjectStore {
  /// Kinds of calls.
  public enum Kind { PUT, READ, HEAD, LIST, DELETE }

  private record Fault(Predicate<Kind> kinds, Predicate<String> keys, ErrorCode code) {}

  private final ObjectStore store;
  private Fault fault = new Fault(_ -> false, _ -> false, ErrorCode.UNAVAILABLE);
  private int faultsLeft;
  private boolean held;
  private final ArrayDeque<Runnable> holding = new ArrayDeque<>();
  /// By key: where a byte reads differently.
  private final Map<String, Long> flipped = new HashMap<>();
  private String leftOut = "";
  private final Map<Kind, Integer> calls = new HashMap<>();

  public FaultyObjectStore(ObjectStore store) {
    this.store = store;
  }

  /// Lets the next `times` matching calls fail with `code`.
  public synchronized void fail(int times, Predicate<Kind> kinds, Predicate<String> keys, ErrorCode code) {
    fault = new Fault(kinds, keys, code);
    faultsLeft = times;
  }

  /// Lets every call fail until {@link #heal}, as when the store is away.
  public void away() {
    fail(Integer.MAX_VALUE, _ -> true, _ -> true, ErrorCode.UNAVAILABLE);
  }

  /// Lets reads of an object give a wrong byte at `offset`.
  public synchronized void flip(String key, long offset) {
    flipped.put(key, offset);
  }

  /// Lets lists say nothing of an object that is there, as lists that lag do.
  public synchronized void leaveOut(String key) {
    leftOut = key;
  }

  /// Keeps calls waiting until {@link #release}.
  public synchronized void hold() {
    held = true;
  }

  public void release() {
    while (true) {
      Runnable next;
      synchronized (this) {
        held = false;
        next = holding.poll();
      }
      if (next == null) {
        return;
      }
      next.run();
    }
  }

  /// Takes all faults back.
  public synchronized void heal() {
    faultsLeft = 0;
    flipped.clear();
    leftOut = "";
  }

  public synchronized int calls(Kind kind) {
    return calls.getOrDefault(kind, 0);
  }

  private <T> Future<T> call(Kind kind, String key, Supplier<Future<T>> real) {
    Promise<T> promise = Promise.promise();
    synchronized (this) {
      calls.merge(kind, 1, Integer::sum);
      if (faultsLeft > 0 && fault.kinds.test(kind) && fault.keys.test(key)) {
        faultsLeft--;
        return Future.failedFuture(new TidemarkException(fault.code, name() + ": cannot " + kind + " " + key + ": asked to fail"));
      }
      if (held) {
        holding.add(() -> real.get().onComplete(promise));
        return promise.future();
      }
    }
    return real.get();
  }

  @Override
  public Future<Put> putIfAbsent(String key, Disk disk, Path file) {
    return call(Kind.PUT, key, () -> store.putIfAbsent(key, disk, file));
  }

  @Override
  public Future<byte[]> read(String key, long offset, int bytes) {
    return call(Kind.READ, key, () -> store.read(key, offset, bytes)).map(content -> altered(key, offset, content));
  }

  private synchronized byte[] altered(String key, long offset, byte[] content) {
    long at = flipped.getOrDefault(key, -1L) - offset;
    if (at < 0 || at >= content.length) {
      return content;
    }
    byte[] copy = Arrays.copyOf(content, content.length);
    copy[(int) at] ^= 4;
    return copy;
  }

  @Override
  public Future<StoredObject> head(String key) {
    return call(Kind.HEAD, key, () -> store.head(key));
  }

  @Override
  public Future<ObjectPage> list(String prefix, String after, int max) {
    return call(Kind.LIST, prefix, () -> store.list(prefix, after, max)).map(this::lagging);
  }

  private synchronized ObjectPage lagging(ObjectPage page) {
    return new ObjectPage(page.objects().stream().filter(object -> !object.key().equals(leftOut)).toList(), page.next());
  }

  @Override
  public Future<Void> delete(String key) {
    return call(Kind.DELETE, key, () -> store.delete(key));
  }

  @Override
  public String name() {
    return "faulty " + store.name();
  }

  @Override
  public Future<Void> close() {
    return store.close();
  }
}
