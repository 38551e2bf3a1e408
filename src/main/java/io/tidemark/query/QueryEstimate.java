package io.tidemark.query;

import io.tidemark.promql.Expr;
import io.tidemark.storage.Estimate;
import java.util.IdentityHashMap;
import java.util.Map;

/// What a query would cost, told before any sample is read.
///
/// @param samples   samples that it would read, those that subqueries make included
/// @param series    series that its selectors match, each selector's for itself
/// @param points    values of its columns if all its series were held at once, over all steps
/// @param selectors what each selector of the tree would read, by the node itself
/// @param isWhole   whether all shards could be asked; otherwise at least so much
public record QueryEstimate(long samples, long series, long points, Map<Expr, Estimate> selectors, boolean isWhole) {
  public QueryEstimate {
    selectors = new IdentityHashMap<>(selectors);
  }

  /// Bytes of the columns.
  public long bytes() {
    return points > Long.MAX_VALUE / Double.BYTES ? Long.MAX_VALUE : points * Double.BYTES;
  }

  @Override
  public String toString() {
    return (isWhole ? "about " : "at least ") + samples + " samples of " + series + " series, " + points + " values in columns";
  }
}
