package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.query.kernel.Windows;
import io.tidemark.storage.Aspect;
import io.tidemark.storage.Resolution;
import io.tidemark.storage.SampleBuffer;

/// A range vector: series whose samples fall into one window per step. Threading as {@link Source}.
interface RangeSource {
  int count();

  LabelSet labels(int index);

  /// As {@link Source#label}.
  default String label(int index, String name) {
    return labels(index).value(name);
  }

  default boolean dropsName(int index) {
    return false;
  }

  default boolean isUniqueWithoutName() {
    return false;
  }

  Windows windows();

  /// Puts the samples of series `index` into the scratch's buffer, ascending, without staleness markers.
  void samples(int index, Scratch scratch);

  /// The lowest resolution at which companions answer for these windows as the samples would.
  ///
  /// @param whole  whether that takes windows of whole buckets, or only ends that are ends of buckets
  /// @param aspect what is read of the samples
  default Resolution resolution(boolean whole, Aspect aspect) {
    return Resolution.RAW;
  }

  /// Puts one aspect of the samples into `into` in the same way.
  default void samples(int index, Resolution resolution, Aspect aspect, SampleBuffer into) {
    throw new IllegalStateException("a range vector that is told at no resolution but its own");
  }

  /// Puts the edges or the ends of the samples into `into` in the same way, and into `counts` how many samples each of them stands for.
  default void counted(int index, Resolution resolution, Aspect edges, SampleBuffer into, SampleBuffer counts) {
    throw new IllegalStateException("a range vector that is told at no resolution but its own");
  }

  /// Puts how many samples each of the edges stands for into `into`.
  default void counts(int index, Resolution resolution, SampleBuffer into) {
    throw new IllegalStateException("a range vector that is told at no resolution but its own");
  }
}
