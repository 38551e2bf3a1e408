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
  /// @param samples     samples read from storage or made by subqueries, each once however many steps look at it
  /// @param peakSamples values for which memory was reserved, an upper bound of what was held at once
  public record Stats(long samples, long peakSamples, long series, long queuedNanos, long evaluationNanos) {}
}
