package io.tidemark.storage.head;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;

/// What became of samples, added up a record at a time.
final class HeadCounters {
  final Counter appended;
  final Counter outOfOrder;
  final Counter duplicates;
  final Counter overwrites;
  final Counter late;
  final Counter outOfBounds;
  final Counter windowsFull;
  final Counter orphans;
  final Counter exemplars;
  final Counter exemplarsOutOfOrder;
  final Counter exemplarOrphans;

  HeadCounters(Metrics metrics, String shard) {
    appended = metrics.counter("tidemark_samples_appended_total", "Samples taken into a head.", "shard", shard);
    outOfOrder = metrics.counter("tidemark_out_of_order_samples_total",
        "Samples taken that were older than the newest of their series.", "shard", shard);
    duplicates = metrics.counter("tidemark_duplicate_samples_total",
        "Samples that repeat the newest of their series, value included; dropped.", "shard", shard);
    overwrites = metrics.counter("tidemark_overwritten_samples_total",
        "Samples that replace the newest of their series with another value at the same time.", "shard", shard);
    String dropped = "tidemark_dropped_samples_total";
    String help = "Samples that storage did not take, by reason.";
    late = metrics.counter(dropped, help, "shard", shard, "reason", "late");
    outOfBounds = metrics.counter(dropped, help, "shard", shard, "reason", "out_of_bounds");
    windowsFull = metrics.counter(dropped, help, "shard", shard, "reason", "windows_full");
    orphans = metrics.counter(dropped, help, "shard", shard, "reason", "unknown_series");
    exemplars = metrics.counter("tidemark_exemplars_appended_total", "Exemplars taken into a head.", "shard", shard);
    String exemplarsDropped = "tidemark_dropped_exemplars_total";
    String exemplarHelp = "Exemplars that storage did not take, by reason.";
    exemplarsOutOfOrder = metrics.counter(exemplarsDropped, exemplarHelp, "shard", shard, "reason", "out_of_order");
    exemplarOrphans = metrics.counter(exemplarsDropped, exemplarHelp, "shard", shard, "reason", "unknown_series");
  }
}
