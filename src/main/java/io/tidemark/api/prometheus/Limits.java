package io.tidemark.api.prometheus;

import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import java.util.ArrayList;
import java.util.List;

/// The `limit` parameter: cuts an answer and says so in the warnings.
final class Limits {
  private Limits() {}

  static List<String> warning(int found, int limit) {
    return limit > 0 && found > limit ? List.of("results truncated due to limit") : List.of();
  }

  static QueryResult cut(QueryResult result, int limit) {
    if (limit == 0) {
      return result;
    }
    return switch (result.value()) {
      case Value.Vector vector when vector.elements().size() > limit ->
          cut(result, new Value.Vector(vector.timestampMillis(), vector.elements().subList(0, limit)));
      case Value.Matrix matrix when matrix.series().size() > limit -> cut(result, new Value.Matrix(matrix.series().subList(0, limit)));
      case Value.Vector _, Value.Matrix _, Value.Scalar _, Value.Text _ -> result;
    };
  }

  private static QueryResult cut(QueryResult result, Value value) {
    var warnings = new ArrayList<>(result.warnings());
    warnings.addAll(warning(Integer.MAX_VALUE, 1));
    return new QueryResult(value, warnings, result.infos(), result.stats());
  }
}
