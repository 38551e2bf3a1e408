package io.tidemark.log;

/// The metadata of one metric as last written in an epoch, and by which record.
final class KnownMetadata {
  MetricMetadata value;
  /// As `BatchWriter.written`.
  int written;

  KnownMetadata(MetricMetadata value) {
    this.value = value;
  }
}
