package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Windows;

/// A range vector: series whose samples fall into one window per step. Threading as {@link Source}.
interface RangeSource {
  int count();

  LabelSet labels(int index);

  default boolean dropsName(int index) {
    return false;
  }

  default boolean isUniqueWithoutName() {
    return false;
  }

  Windows windows();

  /// Puts the samples of series `index` into the scratch's buffer, ascending, without staleness markers.
  void samples(int index, Scratch scratch);
}
