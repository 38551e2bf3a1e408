package io.tidemark.state;

import io.tidemark.config.Section;

/// How the journaled state is kept.
///
/// @param queueBytes   bytes of writes that may wait for the disk; past it they fail with `UNAVAILABLE`
/// @param rewriteBytes outdated bytes in the journal before it is rewritten; also at least as many as live ones
/// @param bytesMax     bytes of all keys and values; past it writes fail with `TOO_LARGE`
public record JournalStateConfig(long queueBytes, long rewriteBytes, long bytesMax) implements StateConfig {
  public static final JournalStateConfig DEFAULT = new JournalStateConfig(32L << 20, 8L << 20, 512L << 20);

  public JournalStateConfig {
    if (queueBytes < 1 || rewriteBytes < 1 || bytesMax < 1) {
      throw new IllegalArgumentException("state sizes must be positive");
    }
  }

  /// Reads `queue_size`, `rewrite_size` and `size` of the section `state`; the caller ends the section.
  public static JournalStateConfig read(Section section) {
    return new JournalStateConfig(Math.max(1, section.bytes("queue_size", DEFAULT.queueBytes)),
        Math.max(1, section.bytes("rewrite_size", DEFAULT.rewriteBytes)), Math.max(1, section.bytes("size", DEFAULT.bytesMax)));
  }
}
