package io.tidemark.query;

import java.util.List;

/// A query's answer with what a person should know about it.
///
/// @param warnings texts as Prometheus': `PromQL warning: … (line:col)`
/// @param infos    texts as Prometheus': `PromQL info: … (line:col)`
public record QueryResult(Value value, List<String> warnings, List<String> infos, Stats stats) {
  public QueryResult {
    warnings = List.copyOf(warnings);
    infos = List.copyOf(infos);
  }

  /// What it cost.
  ///
  /// @param samples     samples looked at over all steps, as Prometheus counts `totalQueryableSamples`
  /// @param peakSamples most samples held at once
  public record Stats(long samples, long peakSamples, long series, long queuedNanos, long evaluationNanos) {}
}
