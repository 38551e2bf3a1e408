package io.tidemark.log;

/// What a producer says about one metric.
///
/// @param metric the metric name
/// @param type   Prometheus' word for it, such as `counter`, or empty
/// @param help   a sentence, or empty
/// @param unit   a unit, or empty
public record MetricMetadata(String metric, String type, String help, String unit) {}
