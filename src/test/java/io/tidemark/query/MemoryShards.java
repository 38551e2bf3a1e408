package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.SeriesView;
import io.tidemark.storage.ShardReader;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Shards in memory whose positions are moved by hand. Safe on any thread.
final class MemoryShards implements ShardReader {
  private record Waiter(Map<Integer, Long> positions, Promise<SeriesView> view) {}

  private final Map<Integer, MemoryReader> shards = new TreeMap<>();
  private final Map<Integer, Long> applied = new TreeMap<>();
  private final List<Waiter> waiters = new ArrayList<>();

  /// Brings a shard, or moves its position.
  synchronized MemoryShards at(int shard, long position) {
    shards.computeIfAbsent(shard, _ -> new MemoryReader());
    applied.put(shard, position);
    List<Waiter> ready = waiters.stream().filter(waiter -> reached(waiter.positions)).toList();
    waiters.removeAll(ready);
    ready.forEach(waiter -> waiter.view.complete(show(waiter.positions)));
    return this;
  }

  synchronized void drop(int shard) {
    shards.remove(shard);
    applied.remove(shard);
  }

  synchronized MemoryShards add(int shard, LabelSet labels, long timestampMillis, double value) {
    shards.get(shard).add(labels, timestampMillis, value);
    return this;
  }

  synchronized int waiting() {
    return waiters.size();
  }

  private boolean reached(Map<Integer, Long> positions) {
    return positions.entrySet().stream().allMatch(entry -> applied.getOrDefault(entry.getKey(), Long.MAX_VALUE) >= entry.getValue());
  }

  private MemoryReader show(Map<Integer, Long> positions) {
    var shown = new MemoryReader();
    positions.keySet().forEach(shard -> shown.add(shards.get(shard)));
    return shown;
  }

  @Override
  public synchronized Map<Integer, Long> applied() {
    return new TreeMap<>(applied);
  }

  @Override
  public synchronized Future<SeriesView> view(Map<Integer, Long> positions) {
    if (!shards.keySet().containsAll(positions.keySet())) {
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "one of " + positions.keySet() + " is not here"));
    }
    if (reached(positions)) {
      return Future.succeededFuture(show(positions));
    }
    Promise<SeriesView> view = Promise.promise();
    waiters.add(new Waiter(Map.copyOf(positions), view));
    return view.future();
  }
}
