package io.tidemark.promql;

import java.util.List;
import java.util.OptionalDouble;

/// How the two sides of a vector operation find each other.
///
/// @param cardinality how many series may meet on each side; set operators are always many-to-many
/// @param on          whether `labels` are the labels to compare (`on`) or those to leave out (`ignoring`)
/// @param labels      as written, in order
/// @param include     labels that `group_left` or `group_right` copies from the "one" side
/// @param fillLeft    the value of a missing left partner (`fill`, `fill_left`), if any
/// @param fillRight   the value of a missing right partner (`fill`, `fill_right`), if any
public record VectorMatching(Cardinality cardinality, boolean on, List<String> labels, List<String> include,
    OptionalDouble fillLeft, OptionalDouble fillRight) {
  /// Which side may have several series for one on the other.
  public enum Cardinality { ONE_TO_ONE, MANY_TO_ONE, ONE_TO_MANY, MANY_TO_MANY }

  public VectorMatching {
    labels = List.copyOf(labels);
    include = List.copyOf(include);
  }

  /// Both sides compared by all labels but the name.
  public static VectorMatching plain(Cardinality cardinality) {
    return new VectorMatching(cardinality, false, List.of(), List.of(), OptionalDouble.empty(), OptionalDouble.empty());
  }
}
