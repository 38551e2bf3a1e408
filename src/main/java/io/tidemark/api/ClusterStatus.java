package io.tidemark.api;

import io.tidemark.guard.Guards;
import java.util.List;

/// What this process knows of the others and of the systems it uses. Safe on any thread.
///
/// Every method answers at once from what is in memory, also while all other systems are away. A process that does everything alone
/// shows itself as the only node.
public interface ClusterStatus {
  /// Who answers, and how fresh its knowledge of the others is.
  ///
  /// @param id             this node's
  /// @param replicaSets    how many times each shard is to be held
  /// @param knownAtMillis  when nodes and shards were last learned from the registry
  /// @param trouble        why they cannot be learned now, without secrets; empty while they can
  record Self(String id, int replicaSets, long knownAtMillis, String trouble) {}

  /// A part that has its embedded twin in this process instead of an outside system.
  ///
  /// @param concern as in {@link Guards.Guarded}
  /// @param place   where it keeps its files; empty if nowhere
  record Embedded(String concern, String place) {}

  /// Whether a node is there.
  enum Presence {
    /// It is a member and reports in time.
    LIVE,
    /// It is a member still, but its word is overdue.
    SILENT,
    /// It was a member and is not any more; shown for a while, because somebody will look for it.
    GONE
  }

  /// @param address     where others reach it
  /// @param roles       in the order of the `--roles` option
  /// @param replicaSet  of a node with the role `storage`; any number for others
  /// @param heardAtMillis of its last word, by this node's clock
  record Node(String id, String address, List<String> roles, int replicaSet, Presence presence, long startedAtMillis, String version,
      long heardAtMillis) {
    public Node {
      roles = List.copyOf(roles);
    }
  }

  /// @param end    the position after the shard's last record in the log, -1 while it is not known
  /// @param owners at most one for each replica set; one that is missing has no owner
  record Shard(int number, long end, List<Owner> owners) {
    public Shard {
      owners = List.copyOf(owners);
    }
  }

  /// @param node    its id
  /// @param applied the position after the last record it said to have applied
  record Owner(int replicaSet, String node, long applied) {}

  /// Something that only this node may do now.
  ///
  /// @param name        what, e.g. `rules/<group>` or `notify/slot-07`
  /// @param sinceMillis when it was gained
  record Lease(String name, long token, long sinceMillis) {}

  Self self();

  /// Every outside system that this process talks to.
  List<Guards.Guarded> systems();

  /// The parts that need none.
  List<Embedded> embedded();

  /// All nodes, this one included, by id.
  List<Node> nodes();

  /// All shards, by number.
  List<Shard> shards();

  /// What this node holds, by name. Empty where nobody else could.
  List<Lease> leases();
}
