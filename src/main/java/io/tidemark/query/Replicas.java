package io.tidemark.query;

import io.tidemark.cluster.NodeInfo;
import io.tidemark.cluster.Topology;
import io.tidemark.query.peer.Peers;
import io.tidemark.storage.ShardReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Which node is asked for which shard in one view. Safe on any thread.
///
/// Of the nodes that have a shard, in this order: one that did not fail lately, one that is about as far as the log, this node, one that
/// is quite as far, one that is asked for fewer shards, one whose turn it is. A shard keeps its node for the whole view, unless it is
/// refused there.
final class Replicas {
  /// A node that lacks more records of a shard than this counts as behind. What nodes say of themselves is some seconds old, so all are
  /// behind a little in a log that moves.
  private static final long BEHIND_RECORDS = 1_000;

  /// One that has shards. The address of this node is empty.
  record Node(String id, String address) {}

  /// A node that has some shard.
  private record Candidate(Node node, long position) {}

  private final Topology topology;
  private final Node self;
  private final Map<Integer, Long> local;
  private final Optional<long[]> ends;
  private final Peers peers;
  private final int turn;

  // Guarded by this.
  private final Map<Integer, Node> chosen = new HashMap<>();
  private final Set<Node> failed = new HashSet<>();
  private final Map<Integer, Set<Node>> refused = new HashMap<>();

  /// @param ends where the log ends, when that is known
  /// @param turn another number for each view
  Replicas(Topology topology, String node, ShardReader shards, Optional<long[]> ends, Peers peers, int turn) {
    this.topology = topology;
    self = new Node(node, "");
    local = shards.applied();
    this.ends = ends;
    this.peers = peers;
    this.turn = turn;
  }

  boolean isSelf(Node node) {
    return node.equals(self);
  }

  /// Whether it is known how far the log is.
  boolean endsKnown() {
    return ends.isPresent();
  }

  /// How far each of the shards has to be, as far as that is known.
  Map<Integer, Long> positions(Set<Integer> shards) {
    var positions = new TreeMap<Integer, Long>();
    shards.forEach(shard -> positions.put(shard, ends.map(all -> all[shard]).orElse(0L)));
    return positions;
  }

  /// The nodes to ask, by id, with the shards that each is asked for; shards that nobody has are left out.
  synchronized Map<Node, Set<Integer>> choose(Set<Integer> shards) {
    var groups = new TreeMap<Node, Set<Integer>>(Comparator.comparing(Node::id));
    for (int shard : shards) {
      if (!chosen.containsKey(shard)) {
        best(shard).ifPresent(node -> chosen.put(shard, node));
      }
      Node node = chosen.get(shard);
      if (node != null) {
        groups.computeIfAbsent(node, _ -> new TreeSet<>()).add(shard);
      }
    }
    return groups;
  }

  private Optional<Node> best(int shard) {
    List<Candidate> candidates = candidates(shard);
    if (candidates.size() < 2) {
      return candidates.stream().map(Candidate::node).findFirst();
    }
    long end = ends.map(all -> all[shard]).orElseGet(() -> candidates.stream().mapToLong(Candidate::position).max().orElseThrow());
    var load = new HashMap<Node, Integer>();
    chosen.values().forEach(node -> load.merge(node, 1, Integer::sum));
    return candidates.stream().min(Comparator
        .comparing((Candidate candidate) -> !isSelf(candidate.node) && peers.isDoubtful(candidate.node.address))
        .thenComparingLong(candidate -> lag(candidate, end))
        .thenComparing(candidate -> !isSelf(candidate.node))
        .thenComparing(candidate -> candidate.position < end)
        .thenComparingInt(candidate -> load.getOrDefault(candidate.node, 0))
        .thenComparingInt(candidate -> Math.floorMod(candidates.indexOf(candidate) + shard + turn, candidates.size())))
        .map(Candidate::node);
  }

  /// How many records a candidate is behind, 0 for a few.
  private static long lag(Candidate candidate, long end) {
    long records = end - candidate.position;
    return records <= BEHIND_RECORDS ? 0 : records;
  }

  private List<Candidate> candidates(int shard) {
    var candidates = new ArrayList<Candidate>();
    if (local.containsKey(shard)) {
      candidates.add(new Candidate(self, local.get(shard)));
    }
    for (NodeInfo node : topology.nodes()) {
      Long position = node.shards().get(shard);
      if (position != null && !node.id().equals(self.id) && !node.address().isEmpty()) {
        candidates.add(new Candidate(new Node(node.id(), node.address()), position));
      }
    }
    candidates.removeIf(candidate -> failed.contains(candidate.node)
        || refused.getOrDefault(shard, Set.of()).contains(candidate.node));
    return candidates;
  }

  /// The node is not asked again in this view.
  synchronized void fail(Node node) {
    failed.add(node);
    chosen.values().removeIf(node::equals);
  }

  /// The node is not asked for these shards again in this view.
  synchronized void refuse(Node node, Set<Integer> shards) {
    for (int shard : shards) {
      refused.computeIfAbsent(shard, _ -> new HashSet<>()).add(node);
      chosen.remove(shard, node);
    }
  }
}
