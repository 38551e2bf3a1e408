package io.tidemark.log;

/// The metadata of one metric as last written in an epoch, and by which record.
final class KnownMetadata {
  MetricMetadata value;
  /// The number of the last record that carries it, or -1 once one is durable.
  int written;

  KnownMetadata(MetricMetadata value) {
    this.value = value;
  }
}
