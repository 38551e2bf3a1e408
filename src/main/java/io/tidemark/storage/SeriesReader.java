package io.tidemark.storage;

import io.vertx.core.Future;
import java.util.Optional;

/// Where queries find stored series: the shards of this process, or those of a whole cluster. Safe on any thread.
public interface SeriesReader {
  /// A frozen place to read from, for one query or a few reads that belong together. It shows at least everything that the log held
  /// durably, whoever appended it, at the time of the call; where that cannot be had in time, its warnings say so.
  ///
  /// Fails with `UNAVAILABLE` when something is missing and `policy` refuses partial answers.
  Future<SeriesView> view(ReadPolicy policy);

  /// What changes in the past of what this shows; nothing when that is not known, as of nodes that are elsewhere.
  default Optional<Revisions> revisions() {
    return Optional.empty();
  }

  /// Type (`counter`, `gauge`, `histogram`, `summary`, `info`, `stateset` or `unknown`), help and unit of one metric.
  record Metadata(String type, String help, String unit) {}
}
