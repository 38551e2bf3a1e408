package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TimeRange;

/// One source of series: a view of a head, or a block. Safe on any thread.
public interface SeriesPart {
  LabelIndex index();

  /// The index without names and values that only erased series have, for those who ask nothing else of the part. Series that it gives may
  /// still have no samples.
  default LabelIndex visible() {
    return index();
  }

  /// The labels of a ref that the index gave.
  LabelSet labels(int ref);

  /// The value of one of these labels, or the empty string. A part that finds it without the others says how.
  default String label(int ref, String name) {
    return labels(ref).value(name);
  }

  /// Puts refs that the index gave, ascending before, into the order of their labels.
  void sortByLabels(int[] refs, ReadWatch watch);

  /// Whether reading samples or what companions tell of them may cost a round trip; otherwise all is in memory or in mapped files.
  default boolean isFar() {
    return false;
  }

  /// A time that all samples of the part are within, if it is known.
  default TimeRange time() {
    return TimeRange.ALL;
  }

  /// Whether the part may have samples within `[fromMillis, toMillis)`.
  boolean overlaps(long fromMillis, long toMillis);

  /// Whether series `ref` may have samples within `[fromMillis, toMillis)`.
  boolean has(int ref, long fromMillis, long toMillis);

  /// All its samples, of one timestamp each that was taken.
  long samples();

  /// About how many samples series `ref` has within `[fromMillis, toMillis)`, without looking at them.
  long samples(int ref, long fromMillis, long toMillis);

  /// Adds the samples of series `ref` within `[fromMillis, toMillis)` to `into`: ascending, one a timestamp.
  void read(int ref, long fromMillis, long toMillis, SampleBuffer into);

  /// Puts the newest sample of series `ref` within `[fromMillis, toMillis)` into an empty `into`, which stays empty when there is none.
  /// A part that finds it without the others says how.
  default void readNewest(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    read(ref, fromMillis, toMillis, into);
    into.keepNewest();
  }

  /// Whether a companion tells this aspect of series `ref` at this resolution.
  default boolean isDownsampled(int ref, Resolution resolution, Aspect aspect) {
    return false;
  }

  /// As {@link #read}, but one aspect, if a companion tells it.
  ///
  /// @return false when none does, or it cannot be read; nothing is added then
  default boolean readDownsampled(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis, SampleBuffer into) {
    return false;
  }

  /// As {@link #readDownsampled} of the edges or the ends; adds to `counts`, at the same times, how many samples each of them stands for.
  default boolean readCounted(int ref, Resolution resolution, Aspect edges, long fromMillis, long toMillis, SampleBuffer into,
      SampleBuffer counts) {
    return false;
  }

  /// About how many samples {@link #readDownsampled} would add.
  default long samples(int ref, Resolution resolution, Aspect aspect, long fromMillis, long toMillis) {
    return samples(ref, fromMillis, toMillis);
  }
}
