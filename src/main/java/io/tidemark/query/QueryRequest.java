package io.tidemark.query;

/// One query to evaluate.
///
/// @param text          PromQL
/// @param startMillis   first evaluation time; for an instant query the only one
/// @param endMillis     last evaluation time, inclusive
/// @param stepMillis    distance of evaluation times; 0 for an instant query
/// @param lookbackMillis how far back a sample still counts; 0 for the engine's default
/// @param timeoutMillis how long it may run; 0 for the engine's default
/// @param partialAllowed whether series that no node answers for may be missing, with a warning; otherwise the query fails
public record QueryRequest(String text, long startMillis, long endMillis, long stepMillis, long lookbackMillis, long timeoutMillis,
    boolean partialAllowed) {
  public static QueryRequest instant(String text, long atMillis) {
    return new QueryRequest(text, atMillis, atMillis, 0, 0, 0, true);
  }

  public static QueryRequest range(String text, long startMillis, long endMillis, long stepMillis) {
    return new QueryRequest(text, startMillis, endMillis, stepMillis, 0, 0, true);
  }

  public boolean isInstant() {
    return stepMillis == 0;
  }
}
