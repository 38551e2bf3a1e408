package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Column;

/// An instant vector over all steps: labels at once, columns on demand.
///
/// Different series may be asked for on different threads at the same time, each with its own scratch.
interface Source {
  /// How many series there are; some may have no value at any step.
  int count();

  /// Labels of series `index`, 0-based.
  LabelSet labels(int index);

  /// Labels of series `index`, perhaps still with a metric name that {@link #labels} leaves out: enough, and cheaper, for who looks
  /// at other labels only.
  default LabelSet namedLabels(int index) {
    return labels(index);
  }

  /// The value of one of {@link #labels}, or the empty string; not the name, nor what goes with it. Cheaper for who looks at no other.
  default String label(int index, String name) {
    return namedLabels(index).value(name);
  }

  /// Whether the metric name of series `index` still has to go at the end of the query (delayed name removal).
  default boolean dropsName(int index) {
    return false;
  }

  /// Fills the steps of `out` with the values of series `index`, "no value" included; what `out` held before does not matter.
  void column(int index, Column out, Scratch scratch);

  /// The same series in an order of which nothing is known, which may cost less: for who only counts them. Ask it before anything else.
  default Source anyOrder() {
    return this;
  }

  /// Whether the order of the series is part of the answer.
  default boolean isOrdered() {
    return false;
  }

  /// Whether removing metric names leaves all label sets different.
  default boolean isUniqueWithoutName() {
    return false;
  }
}
