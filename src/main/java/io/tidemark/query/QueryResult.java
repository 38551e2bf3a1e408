package io.tidemark.query;

import io.tidemark.storage.Resolution;
import java.util.List;
import java.util.function.Supplier;

/// A query's answer with what a person should know about it.
///
/// @param warnings texts as Prometheus': `PromQL warning: … (line:col)`
/// @param infos    texts as Prometheus': `PromQL info: … (line:col)`
public record QueryResult(Value value, List<String> warnings, List<String> infos, Stats stats) {
  public QueryResult {
    warnings = List.copyOf(warnings);
    infos = List.copyOf(infos);
  }

  /// What one selector read.
  ///
  /// @param resolution at which companions were asked
  /// @param told       samples that they told
  /// @param raw        samples as they came
  public record SelectorRead(String selector, Resolution resolution, long told, long raw) {
    /// The same selector in another place; of two resolutions the lower is told.
    public SelectorRead and(SelectorRead other) {
      return new SelectorRead(selector, resolution.compareTo(other.resolution) > 0 ? resolution : other.resolution, told + other.told,
          raw + other.raw);
    }
  }

  /// What it cost.
  ///
  /// @param samples          samples read from storage or made by subqueries, each once however many steps look at it
  /// @param peakSamples      values for which memory was reserved, an upper bound of what was held at once
  /// @param queuedNanos      from arrival to a place among those that run
  /// @param preparationNanos until all that was durable is visible, the text is parsed and the cost is estimated
  /// @param evaluationNanos  of evaluation, ordering the answer left out
  /// @param samplesPerStep   samples that each step looks at, as Prometheus counts them; empty unless asked for. Not to be written to
  /// @param reads            gives {@link #selectors}
  public record Stats(long samples, long peakSamples, long series, long queuedNanos, long preparationNanos, long evaluationNanos,
      long sortNanos, long[] samplesPerStep, Supplier<List<SelectorRead>> reads) {
    /// What each selector read on this node. Put into words when it is asked for, which few do.
    public List<SelectorRead> selectors() {
      return reads.get();
    }

    /// From arrival to answer.
    public long totalNanos() {
      return queuedNanos + preparationNanos + evaluationNanos + sortNanos;
    }
  }
}
