package io.tidemark.collector.text;

import java.util.Locale;

/// The text formats; they differ in timestamps, in metadata and in how they end.
public enum Dialect {
  /// Prometheus text exposition 0.0.4: timestamps in milliseconds.
  PROMETHEUS,
  /// OpenMetrics 1.0: timestamps in seconds, exemplars, units, a closing `# EOF`.
  OPENMETRICS;

  /// The dialect that a `Content-Type` names; 0.0.4 for anything but OpenMetrics.
  public static Dialect of(String contentType) {
    return contentType.toLowerCase(Locale.ROOT).startsWith("application/openmetrics-text") ? OPENMETRICS : PROMETHEUS;
  }
}
