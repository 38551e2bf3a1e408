package io.tidemark.cluster;

import java.util.Comparator;
import java.util.List;

/// The live nodes as last heard of. Immutable.
///
/// @param nodes      sorted by id
/// @param asOfMillis when the registry was last read
public record Topology(List<NodeInfo> nodes, long asOfMillis) {
  public static final Topology EMPTY = new Topology(List.of(), 0);

  public Topology {
    nodes = nodes.stream().sorted(Comparator.comparing(NodeInfo::id)).toList();
  }

  /// The nodes that answer for a shard, the one that is furthest first.
  public List<NodeInfo> owners(int shard) {
    return nodes.stream().filter(node -> node.shards().containsKey(shard))
        .sorted(Comparator.comparingLong((NodeInfo node) -> node.shards().get(shard)).reversed()).toList();
  }
}
