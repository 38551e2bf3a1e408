package io.tidemark.state;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// One node's way to a state that it shares with others: it can be cut.
public final class NodeState implements State {
  /// How calls go.
  public enum Way { OPEN, REFUSING, SILENT }

  private final State shared;
  private Way way = Way.OPEN;

  public NodeState(State shared) {
    this.shared = shared;
  }

  public void way(Way next) {
    way = next;
  }

  private <T> Future<T> call(Supplier<Future<T>> work) {
    return switch (way) {
      case OPEN -> work.get();
      case REFUSING -> Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "cut, as the test asked for"));
      case SILENT -> Promise.<T>promise().future();
    };
  }

  @Override
  public Future<Optional<Entry>> get(String key) {
    return call(() -> shared.get(key));
  }

  @Override
  public Future<List<Entry>> scan(String prefix) {
    return call(() -> shared.scan(prefix));
  }

  @Override
  public Future<Long> put(String key, byte[] value) {
    return call(() -> shared.put(key, value));
  }

  @Override
  public Future<Long> compareAndPut(String key, byte[] value, long expectedVersion) {
    return call(() -> shared.compareAndPut(key, value, expectedVersion));
  }

  @Override
  public Future<Void> remove(String key) {
    return call(() -> shared.remove(key));
  }

  @Override
  public Future<Long> putFor(String key, byte[] value, long lifeMillis) {
    return call(() -> shared.putFor(key, value, lifeMillis));
  }

  @Override
  public Future<Optional<Lease>> lease(String name, String holder, long lifeMillis) {
    return call(() -> shared.lease(name, holder, lifeMillis));
  }

  @Override
  public Future<Void> release(Lease lease) {
    return call(() -> shared.release(lease));
  }

  @Override
  public Future<Long> putUnder(Lease lease, String key, byte[] value) {
    return call(() -> shared.putUnder(lease, key, value));
  }

  @Override
  public Future<Void> removeUnder(Lease lease, String key) {
    return call(() -> shared.removeUnder(lease, key));
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
