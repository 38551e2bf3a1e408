package io.tidemark.cluster;

import java.util.Map;
import java.util.Set;

/// What one node says about itself.
///
/// @param id              unlike any other live node's
/// @param address         `host:port` of its internal read protocol; empty when it owns no shards
/// @param roles           by their names in the configuration
/// @param replicaSet      0-based; of nodes that store
/// @param startedAtMillis when the process started; tells two processes with one id apart
/// @param shards          the shards it answers for, each with the log position up to which (exclusive) it has everything
public record NodeInfo(String id, String address, Set<String> roles, int replicaSet, long startedAtMillis, String version,
    Map<Integer, Long> shards) {
  public NodeInfo {
    roles = Set.copyOf(roles);
    shards = Map.copyOf(shards);
  }
}
