package io.tidemark.cluster;

/// How one node takes part in sharing out work by leases.
///
/// @param node             this node's id: unique among all nodes that share the state, the same again after a restart
/// @param lifeMillis       longest time from the death of a node to the moment when another has what it held
/// @param aloneAfterMillis how long the state may be away before a node goes on with what it held last, though it cannot know whether
///                         another does the same
public record LeaseConfig(String node, long lifeMillis, long aloneAfterMillis) {
  private static final long LIFE_MILLIS_MIN = 500;

  /// For a state that no other process uses.
  public static final LeaseConfig SINGLE = new LeaseConfig("single", 10_000, 10_000);

  public LeaseConfig {
    if (node.isEmpty() || lifeMillis < LIFE_MILLIS_MIN || aloneAfterMillis < 0) {
      throw new IllegalArgumentException("leases of node \"" + node + "\": life " + lifeMillis + " ms, alone after " + aloneAfterMillis
          + " ms; expected a name, at least " + LIFE_MILLIS_MIN + " ms, and nothing negative");
    }
  }

  /// What is asked of the state. With two rounds of looking after it, that is one life.
  long leaseMillis() {
    return lifeMillis * 3 / 5;
  }

  /// Between two rounds of renewing, and how long one answer of the state is waited for.
  long roundMillis() {
    return lifeMillis / 5;
  }

  /// How long before its lease can run out a holder stops, for clocks that do not run alike and for work that is on its way.
  long marginMillis() {
    return lifeMillis / 10;
  }
}
