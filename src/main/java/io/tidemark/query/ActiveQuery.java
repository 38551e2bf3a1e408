package io.tidemark.query;

/// A query that waits or runs: what an operator sees and may stop.
///
/// @param id          unique in this process
/// @param startMillis when it came in
/// @param running     whether it runs or still waits
/// @param canceler    stops it
public record ActiveQuery(long id, String text, long startMillis, boolean running, Runnable canceler) {
  /// Stops the query within a tenth of a second; its future fails with `CANCELED`.
  public void cancel() {
    canceler.run();
  }
}
