package io.tidemark.collector;

import io.tidemark.model.ErrorCode;
import java.util.List;

/// What became of one push.
public sealed interface IngestResult {
  /// The good samples are durable.
  ///
  /// @param samples    how many, values and histograms
  /// @param histograms how many of them are histograms
  /// @param exemplars  how many exemplars are durable besides
  /// @param rejections samples that were refused, an entry for each broken rule; empty when all was good
  record Stored(long samples, long histograms, long exemplars, List<Rejection> rejections) implements IngestResult {
    public Stored {
      rejections = List.copyOf(rejections);
    }

    /// Samples that were refused.
    public long rejected() {
      return rejections.stream().mapToLong(Rejection::samples).sum();
    }
  }

  /// Nothing is promised: the request as a whole was refused, or the log could not take it.
  ///
  /// @param retryAfterMillis when to come again; 0 when that is of no use or not known
  record Refused(ErrorCode code, String message, long retryAfterMillis) implements IngestResult {}

  /// Samples that broke one rule.
  ///
  /// @param rule    its name, e.g. `label_duplicate`
  /// @param samples how many
  /// @param example the first of them: which sample, which label, which bound
  record Rejection(String rule, long samples, String example) {}
}
