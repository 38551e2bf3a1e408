package io.tidemark.storage;

import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.SeriesReader.Metadata;
import java.util.List;
import java.util.Map;

/// What a {@link SeriesReader} shows. Safe on any thread; calls may block on disk or network and belong on a worker thread.
///
/// Reads fail with `UNAVAILABLE` or `TIMEOUT` when a part of the series does not answer and partial answers are refused.
public interface SeriesView extends AutoCloseable {
  /// Whether reads within `range` are answered from memory and mapped files alone, so that a short one may be done on an event loop.
  default boolean isNear(TimeRange range) {
    return false;
  }

  /// The series that pass all `matchers` (at least one) and may have samples within `range`, sorted by labels.
  ///
  /// A matcher on a label that a series lacks sees the empty string. The caller closes the selection.
  ///
  /// @param seriesMax fails with `TOO_EXPENSIVE` when more series match
  Selection select(List<Matcher> matchers, TimeRange range, int seriesMax);

  /// About what {@link #select} would find and its selection read, from indexes alone: no sample is looked at.
  ///
  /// Of many matching series only some are looked at and stand for the rest. For no matchers a quick upper bound: all that the parts
  /// that reach into the range hold.
  Estimate estimate(List<Matcher> matchers, TimeRange range);

  /// {@link #estimate(List, TimeRange)} for who reads one aspect at this resolution, or the next finer one that companions tell.
  default Estimate estimate(List<Matcher> matchers, TimeRange range, Resolution resolution, Aspect aspect) {
    return estimate(matchers, range);
  }

  /// Names of labels of the matching series (all series for no matchers), sorted.
  List<String> labelNames(List<Matcher> matchers, TimeRange range);

  /// Values of one label among the matching series (all series for no matchers), sorted.
  List<String> labelValues(String name, List<Matcher> matchers, TimeRange range);

  /// What senders told of metrics, by metric name; several texts when senders disagree.
  Map<String, List<Metadata>> metadata();

  /// Exemplars with times in `range` of the series that pass all `matchers` (at least one), by labels. Only the newest are kept, in memory;
  /// a place that keeps none has none.
  default List<SeriesExemplars> exemplars(List<Matcher> matchers, TimeRange range) {
    return List.of();
  }

  /// What was missing in the reads so far, a sentence each; empty when nothing was.
  List<String> warnings();

  @Override
  void close();
}
