package io.tidemark.query;

import io.tidemark.config.Section;

/// How nodes read from one another, both ends. Section `query.peer` of the configuration.
///
/// @param silenceMillis        how long a peer may send nothing before its shards are asked for elsewhere
/// @param connectMillis        how long a connection may take to come about
/// @param connectionsMax       connections to one peer; as many reads of one peer run at once
/// @param waitingMax           reads of one peer that may wait for a connection
/// @param viewBytesMax         most bytes of answers that one query may hold
/// @param requestsMax          reads of others that this node serves at once; more are refused
/// @param unsentBytesMax       most bytes that wait to be sent to others; beyond, new reads are refused
public record PeerConfig(long silenceMillis, int connectMillis, int connectionsMax, int waitingMax, long viewBytesMax, int requestsMax,
    long unsentBytesMax) {
  public static final PeerConfig DEFAULT = new PeerConfig(5_000, 500, 32, 1_000, 512L << 20, 256, 256L << 20);

  public PeerConfig {
    if (silenceMillis < 1 || connectMillis < 1 || connectionsMax < 1 || waitingMax < 0 || viewBytesMax < 1 || requestsMax < 1
        || unsentBytesMax < 1) {
      throw new IllegalArgumentException("limits of reads between nodes must be positive");
    }
  }

  /// Reads the section; what is wrong goes to its problems, with the default in its place.
  public static PeerConfig read(Section section) {
    PeerConfig d = DEFAULT;
    var config = new PeerConfig(
        Math.max(1, section.durationMillis("silence", d.silenceMillis)),
        Math.clamp(section.durationMillis("connect_timeout", d.connectMillis), 1, 60_000),
        (int) section.number("connections_max", d.connectionsMax, 1, 10_000),
        (int) section.number("waiting_max", d.waitingMax, 0, 1_000_000),
        Math.max(1, section.bytes("memory_max", d.viewBytesMax)),
        (int) section.number("requests_max", d.requestsMax, 1, 100_000),
        Math.max(1, section.bytes("unsent_max", d.unsentBytesMax)));
    section.done();
    return config;
  }
}
