package io.tidemark.storage;

import io.tidemark.model.LabelSet;

/// A frozen set of series of one query. Different series may be read on different threads at the same time.
public interface Selection extends AutoCloseable {
  /// How many series there are.
  int count();

  /// The labels of series `index`, 0-based; ascending with the index.
  LabelSet labels(int index);

  /// The value of one of these labels, or the empty string: enough, and cheaper, for who looks at no other.
  default String label(int index, String name) {
    return labels(index).value(name);
  }

  /// The same series in an order of which nothing is known, which may cost less. Closed with this selection.
  default Selection anyOrder() {
    return this;
  }

  /// Puts all samples of series `index` within the selection's range into `into`, replacing what was there: timestamps strictly
  /// ascending, values bit-exact, staleness markers included.
  void read(int index, SampleBuffer into);

  /// As {@link #read}, but of all these samples only the newest; a staleness marker is one.
  default void readNewest(int index, SampleBuffer into) {
    read(index, into);
    into.keepNewest();
  }

  /// Whether companions tell this aspect of something here at this resolution. Of many series some are looked at.
  default boolean isDownsampled(Resolution resolution, Aspect aspect) {
    return false;
  }

  /// As {@link #read}, but one {@link Aspect} of these samples, at `resolution` where companions tell and as they came elsewhere, as
  /// histograms are in any case. Companions are used where they tell of whole buckets: it is for who asks that `resolution` divides the
  /// times around which the range was taken.
  ///
  /// @return how many of the samples companions told
  default int read(int index, Resolution resolution, Aspect aspect, SampleBuffer into) {
    read(index, into);
    aspect.takeRaw(into, 0);
    return 0;
  }

  /// As {@link #read(int, Resolution, Aspect, SampleBuffer)} of the edges or the ends, with {@link Aspect#COUNT} beside each of them in
  /// `counts`: both have the same times.
  ///
  /// @return how many of the edges companions told
  default int readCounted(int index, Resolution resolution, Aspect edges, SampleBuffer into, SampleBuffer counts) {
    read(index, into);
    counts.clear();
    Aspect.countRaw(into, 0, counts);
    return 0;
  }

  @Override
  void close();
}
