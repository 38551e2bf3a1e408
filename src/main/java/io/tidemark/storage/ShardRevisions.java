package io.tidemark.storage;

import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.ToLongBiFunction;

/// Changes of all shards of a process together.
///
/// @param shards those that answer, live
record ShardRevisions(Collection<Shard> shards) implements Revisions {
  /// @param number   of the shard's last change
  /// @param erasedTo up to where of the log its deletes are known
  private record Point(long number, long erasedTo) {}

  /// Where each shard was. A shard that went and came again is another one.
  private record Points(Map<Changes, Point> of) implements Revision {}

  @Override
  public Revision now() {
    var points = new IdentityHashMap<Changes, Point>();
    shards.forEach(shard -> points.put(shard.changes(), new Point(shard.changes().number(), shard.erasedTo())));
    return new Points(points);
  }

  @Override
  public long changedFromMillis(Revision since) {
    return lowest(since, (shard, point) -> shard.changes().changedFromMillis(point.number));
  }

  @Override
  public long erasedFromMillis(Revision since) {
    return lowest(since, (shard, point) -> shard.erasedFromMillis(point.erasedTo));
  }

  private long lowest(Revision since, ToLongBiFunction<Shard, Point> fromMillis) {
    if (!(since instanceof Points points)) {
      return Long.MIN_VALUE;
    }
    long from = Long.MAX_VALUE;
    int known = 0;
    for (Shard shard : shards) {
      Point point = points.of.get(shard.changes());
      if (point == null) {
        return Long.MIN_VALUE;
      }
      known++;
      from = Math.min(from, fromMillis.applyAsLong(shard, point));
    }
    return known == points.of.size() ? from : Long.MIN_VALUE;
  }
}
