package io.tidemark.cluster.single;

import io.tidemark.cluster.Ownership;
import io.vertx.core.Future;
import java.util.Optional;

/// Every shard is this process's.
public final class AllShards implements Ownership {
  private final int shards;
  private Optional<Listener> listener = Optional.empty();

  public AllShards(int shards) {
    this.shards = shards;
  }

  @Override
  public synchronized Future<Void> start(Listener listener) {
    this.listener = Optional.of(listener);
    for (int shard = 0; shard < shards; shard++) {
      listener.gained(shard);
    }
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> close() {
    listener.ifPresent(told -> {
      for (int shard = 0; shard < shards; shard++) {
        told.lost(shard);
      }
    });
    listener = Optional.empty();
    return Future.succeededFuture();
  }
}
