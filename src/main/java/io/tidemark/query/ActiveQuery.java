package io.tidemark.query;

import java.util.Optional;
import java.util.function.Supplier;

/// A query that waits or runs: what an operator sees and may stop.
///
/// @param id          unique in this process
/// @param startMillis when it came in
/// @param running     whether it runs or still waits
/// @param samples     samples read so far
/// @param series      series matched so far
/// @param bytes       memory held now
/// @param estimator   gives what it would read in all, if that is known; looks at indexes the first time, so not on an event loop
/// @param canceler    stops it
public record ActiveQuery(long id, QueryRequest request, long startMillis, boolean running, long samples, long series, long bytes,
    Supplier<Optional<QueryEstimate>> estimator, Runnable canceler) {
  public String text() {
    return request.text();
  }

  public Optional<QueryEstimate> estimate() {
    return estimator.get();
  }

  /// Stops the query within a tenth of a second; its future fails with `CANCELED`.
  public void cancel() {
    canceler.run();
  }
}
