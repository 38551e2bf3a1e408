package io.tidemark.log.kafka;

import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import java.util.function.DoubleSupplier;

/// What a spool counts. Safe on any thread.
final class SpoolMetrics {
  final Counter spooled;
  final Counter drained;
  final Counter refused;
  final Counter overtaken;
  final Counter drainFailures;

  SpoolMetrics(Metrics metrics, String log, DoubleSupplier bytes, DoubleSupplier records, long bytesMax) {
    metrics.gauge("tidemark_log_spool_bytes", "Bytes that wait on the local disk for Kafka.", bytes, "log", log);
    metrics.gauge("tidemark_log_spool_records", "Records that wait on the local disk for Kafka.", records, "log", log);
    metrics.gauge("tidemark_log_spool_bytes_max", "Bytes that may wait on the local disk for Kafka.", () -> bytesMax, "log", log);
    spooled = metrics.counter("tidemark_log_spooled_records_total", "Records acknowledged from the local disk.", "log", log);
    drained = metrics.counter("tidemark_log_spool_drained_records_total", "Records brought from the local disk to Kafka.", "log", log);
    refused = metrics.counter("tidemark_log_spool_refused_records_total", "Records refused because the spool is full.", "log", log);
    overtaken = metrics.counter("tidemark_log_spool_overtaken_records_total",
        "Records refused because a later one reached Kafka before them.", "log", log);
    drainFailures = metrics.counter("tidemark_log_spool_drain_failures_total", "Tries to drain the spool that failed.", "log", log);
  }
}
