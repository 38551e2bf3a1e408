package io.tidemark.rules;

import io.tidemark.query.QueryConfig;
import io.tidemark.query.Value;
import io.vertx.core.Future;

/// Instant queries for rules: the query engine, seen from here. Any thread.
///
/// A query must see everything that was durable in the log when it was asked, and never a cached answer.
@FunctionalInterface
public interface RuleQueries {
  /// Fails as the query engine does, with `TIMEOUT` at the latest after `timeoutMillis`.
  Future<Value> instant(String expression, long atMillis, long timeoutMillis);

  /// How far back a selector without a range looks.
  default long lookbackMillis() {
    return QueryConfig.DEFAULT.lookbackMillis();
  }
}
