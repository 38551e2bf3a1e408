package io.tidemark.query;

/// One query to evaluate.
///
/// @param text          PromQL
/// @param startMillis   first evaluation time; for an instant query the only one
/// @param endMillis     last evaluation time, inclusive
/// @param stepMillis    distance of evaluation times; 0 for an instant query
/// @param lookbackMillis how far back a sample still counts; 0 for the engine's default
/// @param timeoutMillis how long it may run; 0 for the engine's default
public record QueryRequest(String text, long startMillis, long endMillis, long stepMillis, long lookbackMillis, long timeoutMillis) {
  public static QueryRequest instant(String text, long atMillis) {
    return new QueryRequest(text, atMillis, atMillis, 0, 0, 0);
  }

  public static QueryRequest range(String text, long startMillis, long endMillis, long stepMillis) {
    return new QueryRequest(text, startMillis, endMillis, stepMillis, 0, 0);
  }

  public boolean isInstant() {
    return stepMillis == 0;
  }
}
