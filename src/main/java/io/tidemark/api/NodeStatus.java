package io.tidemark.api;

import io.vertx.core.json.JsonObject;
import java.util.List;

/// What the node tells about itself. Safe on any thread; only `tsdb` may take long.
public interface NodeStatus {
  String version();

  long startedAtMillis();

  /// When the running configuration was read.
  long configuredAtMillis();

  /// Whether the last reload, if any, was taken over.
  boolean reloadedWell();

  /// As Prometheus prints it, e.g. `15d`.
  String retention();

  /// The configuration as it was read, secrets replaced by `<secret>`.
  String maskedConfig();

  /// Settings by name.
  JsonObject flags();

  /// @param rows longest list
  Tsdb tsdb(int rows);

  /// Counts of the heads.
  ///
  /// @param labelPairs distinct name/value pairs of all shards together
  /// @param chunks     series of each window in memory, all together
  /// @param minMillis  begin of the oldest window in memory, or `Long.MAX_VALUE`
  /// @param maxMillis  the newest sample's time, or `Long.MIN_VALUE`
  record Tsdb(long series, long labelPairs, long chunks, long minMillis, long maxMillis, List<Count> seriesByMetric,
      List<Count> valuesByLabel, List<Count> bytesByLabel, List<Count> seriesByPair) {}

  record Count(String name, long value) {}
}
