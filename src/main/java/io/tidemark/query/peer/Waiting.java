package io.tidemark.query.peer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.SeriesView;
import io.tidemark.storage.ShardReader;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// What a node can show of the shards that somebody asks it for, and waits for until then.
///
/// @param view   the shards that are here
/// @param absent the others
/// @param behind those of the shards here that lack something of what was asked for
public record Waiting(SeriesView view, Set<Integer> absent, Set<Integer> behind) {
  /// Shows as many of the shards as are here, once each has everything before its position, or after `waitMillis` as they are.
  ///
  /// Fails with `UNAVAILABLE` when none of them is here, or when one is behind and `behindAllowed` is not.
  public static Future<Waiting> of(ShardReader shards, Map<Integer, Long> positions, long waitMillis, boolean behindAllowed,
      Timers timers) {
    Map<Integer, Long> here = new TreeMap<>(positions);
    here.keySet().retainAll(shards.applied().keySet());
    var absent = new TreeSet<>(positions.keySet());
    absent.removeAll(here.keySet());
    if (here.isEmpty()) {
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "this node does not have " + name(absent)));
    }
    Set<Integer> behind = behind(shards, here);
    if (behind.isEmpty()) {
      return shards.view(here).map(view -> new Waiting(view, absent, Set.of()));
    }
    if (waitMillis == 0) {
      return asTheyAre(shards, here, absent, waitMillis, behindAllowed);
    }
    Promise<Waiting> shown = Promise.promise();
    Timers.Timer timer = timers.after(waitMillis, () -> asTheyAre(shards, here, absent, waitMillis, behindAllowed).onComplete(result -> {
      if (result.succeeded()) {
        shown.tryComplete(result.result());
      } else {
        shown.tryFail(result.cause());
      }
    }));
    shards.view(here).onComplete(view -> {
      timer.cancel();
      if (view.succeeded()) {
        shown.tryComplete(new Waiting(view.result(), absent, Set.of()));
      } else {
        shown.tryFail(view.cause());
      }
    });
    return shown.future();
  }

  private static Set<Integer> behind(ShardReader shards, Map<Integer, Long> positions) {
    Map<Integer, Long> applied = shards.applied();
    var behind = new TreeSet<Integer>();
    positions.forEach((shard, position) -> {
      if (applied.getOrDefault(shard, position) < position) {
        behind.add(shard);
      }
    });
    return behind;
  }

  private static Future<Waiting> asTheyAre(ShardReader shards, Map<Integer, Long> positions, Set<Integer> absent, long waitMillis,
      boolean behindAllowed) {
    Set<Integer> behind = behind(shards, positions);
    if (!behindAllowed && !behind.isEmpty()) {
      int shard = behind.iterator().next();
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "shard " + shard + " has everything before position "
          + shards.applied().get(shard) + " of the ingest log, and not before " + positions.get(shard) + " as asked, after a wait of "
          + waitMillis + " ms"));
    }
    var any = new TreeMap<Integer, Long>();
    positions.keySet().forEach(shard -> any.put(shard, 0L));
    return shards.view(any).map(view -> new Waiting(view, absent, behind));
  }

  /// `shard 3`, or `shards 3, 7`.
  public static String name(Set<Integer> shards) {
    return (shards.size() == 1 ? "shard " : "shards ")
        + new TreeSet<>(shards).stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
