package io.tidemark.storage;

import java.util.List;

/// What the heads hold, for people who look for what makes the cardinality.
///
/// @param series           series that the heads know
/// @param labelPairs       distinct name/value pairs, counted in each shard
/// @param windows          windows in memory
/// @param chunks           series of each window in memory, all together
/// @param samples          samples in memory
/// @param minMillis        begin of the oldest window in memory, or `Long.MAX_VALUE`
/// @param maxMillis        the newest sample's time, or `Long.MIN_VALUE`
/// @param blocks           blocks on the local disk
/// @param blockBytes       their bytes
/// @param blockSamples     their samples
/// @param seriesByMetric   metric names with the most series
/// @param valuesByLabel    label names with the most values
/// @param bytesByLabel     label names whose values take the most bytes
/// @param seriesByPair     pairs `name=value` with the most series
public record StorageStats(long series, long labelPairs, long windows, long chunks, long samples, long minMillis, long maxMillis,
    long blocks, long blockBytes, long blockSamples, List<Entry> seriesByMetric, List<Entry> valuesByLabel, List<Entry> bytesByLabel,
    List<Entry> seriesByPair) {
  /// One row of a list; lists are in falling order.
  public record Entry(String name, long value) {}

  public StorageStats {
    seriesByMetric = List.copyOf(seriesByMetric);
    valuesByLabel = List.copyOf(valuesByLabel);
    bytesByLabel = List.copyOf(bytesByLabel);
    seriesByPair = List.copyOf(seriesByPair);
  }
}
