package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Column;
import java.util.List;

/// What a part of a query came to.
///
/// @param drops     for each series whether its metric name still has to go at the end of the query
/// @param columns   for each series a value for each step, "no value" included
/// @param isOrdered whether the order of the series is part of the answer
/// @param warnings  texts as the query's answer shows them
/// @param cost      of this part alone
public record PartResult(List<LabelSet> labels, boolean[] drops, Column[] columns, boolean isOrdered, List<String> warnings,
    List<String> infos, Part.Cost cost) {
  /// Of a shard that nobody answers for.
  public static final PartResult NOTHING = new PartResult(List.of(), new boolean[0], new Column[0], false, List.of(), List.of(),
      new Part.Cost(0, 0, 0));

  public PartResult {
    labels = List.copyOf(labels);
    warnings = List.copyOf(warnings);
    infos = List.copyOf(infos);
  }
}
