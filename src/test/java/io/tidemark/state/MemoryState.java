package io.tidemark.state;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A state in memory, for tests of its users; what one user wrote the next one finds, as after a restart. Can be made to fail.
public final class MemoryState implements State {
  private final TreeMap<String, Entry> entries = new TreeMap<>();
  private long version;
  private boolean failing;

  /// From now on writes fail, or work again.
  public synchronized void fail(boolean fail) {
    failing = fail;
  }

  @Override
  public synchronized Future<Optional<Entry>> get(String key) {
    return Future.succeededFuture(Optional.ofNullable(entries.get(key)));
  }

  @Override
  public synchronized Future<List<Entry>> scan(String prefix) {
    return Future.succeededFuture(List.copyOf(entries.subMap(prefix, prefix + Character.MAX_VALUE).values()));
  }

  @Override
  public synchronized Future<Long> put(String key, byte[] value) {
    if (failing) {
      return Future.failedFuture(new TidemarkException(ErrorCode.DISK_FAILED, "the disk is made to fail"));
    }
    entries.put(key, new Entry(key, value.clone(), ++version));
    return Future.succeededFuture(version);
  }

  @Override
  public synchronized Future<Long> compareAndPut(String key, byte[] value, long expectedVersion) {
    long found = Optional.ofNullable(entries.get(key)).map(Entry::version).orElse(0L);
    return found == expectedVersion ? put(key, value)
        : Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, key + " has version " + found + ", not " + expectedVersion));
  }

  @Override
  public synchronized Future<Void> remove(String key) {
    entries.remove(key);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
