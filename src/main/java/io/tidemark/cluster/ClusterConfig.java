package io.tidemark.cluster;

import io.tidemark.config.Section;

/// The section `cluster`.
///
/// @param node          this node's id; empty to have one made and kept in the data directory
/// @param replicaSet    which replica set this storage node belongs to, 0-based
/// @param replicaSets   how many there are; each has every shard once
/// @param host          where the internal read protocol listens
/// @param port          0 for any free port
/// @param advertise     the address others use; empty for the one it listens on
/// @param leaseMillis   life of leases and of what a node says about itself
/// @param sessionMillis silence after which a storage node's shards go to others of its replica set
public record ClusterConfig(String node, int replicaSet, int replicaSets, String host, int port, String advertise, long leaseMillis,
    long sessionMillis) {
  public static final ClusterConfig DEFAULT = new ClusterConfig("", 0, 3, "127.0.0.1", 9071, "", 10_000, 6_000);
  private static final String NODE = "[A-Za-z0-9._-]{1,100}";

  /// Reads the section; what is wrong goes to its problems, with the default in its place.
  public static ClusterConfig read(Section section) {
    String node = section.text("node", "auto");
    if (!node.matches(NODE)) {
      section.problem("node", "cluster.node: expected letters, digits, dots, dashes and underscores, at most 100, found \"" + node + "\"");
    }
    int sets = (int) section.number("replica_sets", DEFAULT.replicaSets, 1, 100);
    int set = (int) section.number("replica_set", DEFAULT.replicaSet, 0, 99);
    if (set >= sets) {
      section.problem("replica_set", "cluster.replica_set: " + set + " is not below cluster.replica_sets, which is " + sets);
      set = 0;
    }
    String listen = section.text("listen", DEFAULT.host + ":" + DEFAULT.port);
    int colon = listen.lastIndexOf(':');
    int port = port(listen.substring(colon + 1));
    if (colon < 1 || port < 0) {
      section.problem("listen", "cluster.listen: expected HOST:PORT, found \"" + listen + "\"");
    }
    String advertise = section.text("advertise", "");
    if (!advertise.isEmpty() && port(advertise.substring(advertise.lastIndexOf(':') + 1)) < 1) {
      section.problem("advertise", "cluster.advertise: expected HOST:PORT, found \"" + advertise + "\"");
    }
    long lease = section.durationMillis("lease", DEFAULT.leaseMillis);
    if (lease < 1_000) {
      section.problem("lease", "cluster.lease: expected at least 1s");
      lease = DEFAULT.leaseMillis;
    }
    long session = section.durationMillis("session_timeout", DEFAULT.sessionMillis);
    if (session < 1_000) {
      section.problem("session_timeout", "cluster.session_timeout: expected at least 1s");
      session = DEFAULT.sessionMillis;
    }
    section.done();
    return new ClusterConfig(node.equals("auto") ? "" : node, set, sets, colon < 1 ? DEFAULT.host : listen.substring(0, colon),
        Math.max(0, port), advertise, lease, session);
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      return port > 65_535 ? -1 : port;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /// The same for a node of this id.
  public ClusterConfig named(String id) {
    return new ClusterConfig(id, replicaSet, replicaSets, host, port, advertise, leaseMillis, sessionMillis);
  }
}
