package io.tidemark.storage;

import java.util.List;

/// What is known of whether the files of this process's shards are whole.
public record Integrity(List<Scrubbed> shards, List<Quarantined> quarantined) {
  public Integrity {
    shards = List.copyOf(shards);
    quarantined = List.copyOf(quarantined);
  }

  /// The present round of one shard, or the last one.
  ///
  /// @param startedAtMillis   0 before the first round
  /// @param completedAtMillis when a round last reached its end, 0 for never in this process
  /// @param blocks            looked through in the round
  /// @param bytes             read in the round
  /// @param damagedBlocks     found in the round
  /// @param blocksLeft        that the round has still to look through
  public record Scrubbed(int shard, boolean isRunning, long startedAtMillis, long completedAtMillis, int blocks, long bytes,
      int damagedBlocks, int blocksLeft) {}

  /// A damaged block that no query and no merge takes.
  ///
  /// @param place       its file, or its object
  /// @param isCold      whether it is an object, which stays where it is
  /// @param startMillis start of the time that it stands for, inclusive
  /// @param endMillis   its end, exclusive
  /// @param samples     in it, -1 when that cannot be told any more
  /// @param sinceMillis when it was found in this process
  /// @param isCovered   whether its samples are read from elsewhere
  /// @param reason      how it was found
  /// @param damages     what is wrong with it, once it was looked through
  public record Quarantined(int shard, String place, boolean isCold, long startMillis, long endMillis, long samples, long sinceMillis,
      boolean isCovered, String reason, List<Damage> damages) {
    public Quarantined {
      damages = List.copyOf(damages);
    }
  }
}
