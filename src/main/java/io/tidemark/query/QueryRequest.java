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
/// @param principal     on whose account it runs
/// @param cacheAllowed  whether parts of the answer may come from earlier answers
/// @param countsSteps   whether the answer's statistics tell samples step by step
public record QueryRequest(String text, long startMillis, long endMillis, long stepMillis, long lookbackMillis, long timeoutMillis,
    boolean partialAllowed, String principal, boolean cacheAllowed, boolean countsSteps) {
  /// The principal of clients that do not say who they are.
  public static final String ANONYMOUS = "anonymous";
  /// The principal of rules: its queries never wait for those of clients, and never come from a cache.
  public static final String RULES = "rules";

  /// An anonymous query that neither uses caches nor counts steps.
  public QueryRequest(String text, long startMillis, long endMillis, long stepMillis, long lookbackMillis, long timeoutMillis,
      boolean partialAllowed) {
    this(text, startMillis, endMillis, stepMillis, lookbackMillis, timeoutMillis, partialAllowed, ANONYMOUS, false, false);
  }

  public static QueryRequest instant(String text, long atMillis) {
    return new QueryRequest(text, atMillis, atMillis, 0, 0, 0, true);
  }

  public static QueryRequest range(String text, long startMillis, long endMillis, long stepMillis) {
    return new QueryRequest(text, startMillis, endMillis, stepMillis, 0, 0, true);
  }

  /// The same on another account.
  public QueryRequest by(String other) {
    return new QueryRequest(text, startMillis, endMillis, stepMillis, lookbackMillis, timeoutMillis, partialAllowed, other, cacheAllowed,
        countsSteps);
  }

  /// The same with or without the use of earlier answers.
  public QueryRequest cached(boolean allowed) {
    return new QueryRequest(text, startMillis, endMillis, stepMillis, lookbackMillis, timeoutMillis, partialAllowed, principal, allowed,
        countsSteps);
  }

  /// The same with or without statistics step by step.
  public QueryRequest countingSteps(boolean counts) {
    return new QueryRequest(text, startMillis, endMillis, stepMillis, lookbackMillis, timeoutMillis, partialAllowed, principal,
        cacheAllowed, counts);
  }

  public boolean isInstant() {
    return stepMillis == 0;
  }

  /// How many evaluation times there are.
  public long steps() {
    return isInstant() ? 1 : (endMillis - startMillis) / stepMillis + 1;
  }
}
