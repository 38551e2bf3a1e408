package io.tidemark.log.segment;

import io.tidemark.model.ErrorCode;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Histogram;
import io.tidemark.telemetry.Metrics;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/// What one log counts. Safe on any thread.
final class LogMetrics {
  private final Metrics metrics;
  private final String name;
  final Histogram appendSeconds;
  final Histogram syncSeconds;
  final Counter records;
  final Counter bytes;
  final Counter groups;
  final Counter quarantinedRecords;
  final Counter quarantinedBytes;
  final Counter cutBytes;
  final Counter cutRecords;
  final Counter abandonFailures;
  final Counter diskReads;
  /// Bytes that wait, over all partitions; also the measure for the queue's bound.
  final AtomicLong queuedBytes = new AtomicLong();

  LogMetrics(Metrics metrics, String name) {
    this.metrics = metrics;
    this.name = name;
    appendSeconds = metrics.histogram("tidemark_log_append_seconds", "From append to durable.", Histogram.SECONDS, "log", name);
    syncSeconds = metrics.histogram("tidemark_log_sync_seconds", "One write and sync of a group of records.", Histogram.SECONDS,
        "log", name);
    records = counter("tidemark_log_records_total", "Records made durable.");
    bytes = counter("tidemark_log_bytes_total", "Bytes of records made durable.");
    groups = counter("tidemark_log_groups_total", "Groups of records written with one sync.");
    quarantinedRecords = counter("tidemark_log_quarantined_records_total", "Positions skipped because stored bytes are damaged.");
    quarantinedBytes = counter("tidemark_log_quarantined_bytes_total", "Stored bytes skipped because they are damaged.");
    cutRecords = counter("tidemark_log_cut_records_total",
        "Whole records left behind with such bytes, because an unreadable one lies before them in the same write.");
    cutBytes = counter("tidemark_log_cut_bytes_total", "Bytes of unfinished writes left behind at a start.");
    abandonFailures = counter("tidemark_log_abandon_failures_total", "Failures to free the space of a segment given up after a failure.");
    diskReads = counter("tidemark_log_disk_reads_total", "Reads that memory could not answer.");
    metrics.gauge("tidemark_log_queue_bytes", "Bytes of records that wait for the disk.", queuedBytes::get, "log", name);
  }

  private Counter counter(String metric, String help) {
    return metrics.counter(metric, help, "log", name);
  }

  void failure(ErrorCode code) {
    metrics.counter("tidemark_log_append_failures_total", "Records refused.", "log", name, "code", code.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  void watch(Partition partition, int number) {
    gauge("tidemark_log_begin_position", "First position kept.", partition::begin, number);
    gauge("tidemark_log_end_position", "Position after the last durable record.", partition::end, number);
    gauge("tidemark_log_segments", "Segment files.", partition::segments, number);
    gauge("tidemark_log_stored_bytes", "Bytes of all segments.", partition::storedBytes, number);
    gauge("tidemark_log_recent_bytes", "Bytes of records kept in memory.", partition::recentBytes, number);
    gauge("tidemark_log_waiting_reads", "Reads that wait for the next record.", partition::waitingReads, number);
  }

  private void gauge(String metric, String help, DoubleSupplier value, int partition) {
    metrics.gauge(metric, help, value, "log", name, "partition", String.valueOf(partition));
  }
}
