package io.tidemark.query.evaluate;

import io.tidemark.promql.Features;
import io.tidemark.promql.Span;
import io.tidemark.query.QueryRequest;

/// A part of a query that another node evaluates: an aggregation, told by its place in the whole query's text, so that what is said of
/// it names the same places.
///
/// @param request       the whole query, its lookback filled in
/// @param aggregation   where the aggregation stands in the text
/// @param firstMillis   first evaluation time of the part, which a subquery may put elsewhere than the query's
/// @param stepMillis    distance of its evaluation times
/// @param count         how many they are
/// @param features      optional parts of the language that are on
/// @param subqueryStepMillis step of subqueries that name none
/// @param used          what the query has cost before
public record Part(QueryRequest request, Span aggregation, long firstMillis, long stepMillis, int count, Features features,
    long subqueryStepMillis, Cost used) {
  /// What a query has used of its budgets.
  public record Cost(long samples, long cells, long series) {
    Cost minus(Cost other) {
      return new Cost(samples - other.samples, cells - other.cells, series - other.series);
    }
  }
}
