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
  /// @param samples          samples read from storage or made by subqueries, each once however many steps look at it
  /// @param peakSamples      values for which memory was reserved, an upper bound of what was held at once
  /// @param queuedNanos      from arrival to a place among those that run
  /// @param preparationNanos until all that was durable is visible, the text is parsed and the cost is estimated
  /// @param evaluationNanos  of evaluation, ordering the answer left out
  /// @param samplesPerStep   samples that each step looks at, as Prometheus counts them; empty unless asked for. Not to be written to
  public record Stats(long samples, long peakSamples, long series, long queuedNanos, long preparationNanos, long evaluationNanos,
      long sortNanos, long[] samplesPerStep) {
    /// From arrival to answer.
    public long totalNanos() {
      return queuedNanos + preparationNanos + evaluationNanos + sortNanos;
    }
  }
}
