package io.tidemark.log.kafka;

import io.tidemark.model.ErrorCode;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/// What a log on Kafka counts; under the names of the log in files where it is the same. Safe on any thread.
final class KafkaMetrics {
  private final Metrics metrics;
  private final String name;
  final Histogram appendSeconds;
  final Histogram readAgeSeconds;
  final Counter records;
  final Counter bytes;
  final Counter readFailures;
  /// Bytes that wait for Kafka; also the measure for their bound.
  final AtomicLong inFlightBytes = new AtomicLong();

  KafkaMetrics(Metrics metrics, String name) {
    this.metrics = metrics;
    this.name = name;
    appendSeconds = metrics.histogram("tidemark_log_append_seconds", "From append to durable.", Histogram.SECONDS, "log", name);
    readAgeSeconds = metrics.histogram("tidemark_log_read_age_seconds",
        "Age of the newest record of each fetch, by its producer's clock.", Histogram.SECONDS, "log", name);
    records = metrics.counter("tidemark_log_records_total", "Records made durable.", "log", name);
    bytes = metrics.counter("tidemark_log_bytes_total", "Bytes of records made durable.", "log", name);
    readFailures = metrics.counter("tidemark_log_fetch_failures_total", "Fetches from Kafka that failed.", "log", name);
    metrics.gauge("tidemark_log_queue_bytes", "Bytes of records that wait for the disk.", inFlightBytes::get, "log", name);
  }

  void failure(ErrorCode code) {
    metrics.counter("tidemark_log_append_failures_total", "Records refused.", "log", name, "code", code.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  void watch(Offsets offsets, PartitionReads reads, int partition) {
    gauge("tidemark_log_begin_position", "First position kept.", () -> offsets.begin(partition), partition);
    gauge("tidemark_log_end_position", "Position after the last durable record.", () -> offsets.end(partition), partition);
    gauge("tidemark_log_recent_bytes", "Bytes of records kept in memory.", reads::recentBytes, partition);
    gauge("tidemark_log_waiting_reads", "Reads that wait for the next record.", reads::waitingReads, partition);
  }

  private void gauge(String metric, String help, DoubleSupplier value, int partition) {
    metrics.gauge(metric, help, value, "log", name, "partition", String.valueOf(partition));
  }
}
