package io.tidemark.storage;

import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;

/// Changes of all shards of a process together.
///
/// @param shards those that answer, live
record ShardRevisions(Collection<Shard> shards) implements Revisions {
  /// The number of each shard's last change. A shard that went and came again is another one.
  private record Numbers(Map<Changes, Long> of) implements Revision {}

  @Override
  public Revision now() {
    var numbers = new IdentityHashMap<Changes, Long>();
    shards.forEach(shard -> numbers.put(shard.changes(), shard.changes().number()));
    return new Numbers(numbers);
  }

  @Override
  public long changedFromMillis(Revision since) {
    if (!(since instanceof Numbers numbers)) {
      return Long.MIN_VALUE;
    }
    long from = Long.MAX_VALUE;
    int known = 0;
    for (Shard shard : shards) {
      Long number = numbers.of.get(shard.changes());
      if (number == null) {
        return Long.MIN_VALUE;
      }
      known++;
      from = Math.min(from, shard.changes().changedFromMillis(number));
    }
    return known == numbers.of.size() ? from : Long.MIN_VALUE;
  }
}
