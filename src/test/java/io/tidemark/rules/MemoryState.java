package io.tidemark.rules;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// Keys in memory that outlive the engine of a test.
final class MemoryState implements State {
  final TreeMap<String, Entry> entries = new TreeMap<>();
  private long version;
  /// Whether writes fail.
  boolean down;

  @Override
  public Future<Optional<Entry>> get(String key) {
    return Future.succeededFuture(Optional.ofNullable(entries.get(key)));
  }

  @Override
  public Future<List<Entry>> scan(String prefix) {
    return Future.succeededFuture(entries.values().stream().filter(e -> e.key().startsWith(prefix)).toList());
  }

  @Override
  public Future<Long> put(String key, byte[] value) {
    if (down) {
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "down, as the test asked for"));
    }
    entries.put(key, new Entry(key, value, ++version));
    return Future.succeededFuture(version);
  }

  @Override
  public Future<Long> compareAndPut(String key, byte[] value, long expectedVersion) {
    long found = entries.containsKey(key) ? entries.get(key).version() : 0;
    return found == expectedVersion ? put(key, value) : Future.failedFuture(new TidemarkException(ErrorCode.CONFLICT, key));
  }

  @Override
  public Future<Void> remove(String key) {
    if (down) {
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "down, as the test asked for"));
    }
    entries.remove(key);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
