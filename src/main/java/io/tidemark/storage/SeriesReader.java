package io.tidemark.storage;

import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;

/// What stored series offer to queries. Safe on any thread; calls other than {@link #caughtUp} may block on disk and belong on a
/// worker thread.
public interface SeriesReader {
  /// Completes when everything that the log held durably at the time of the call is visible to reads that start afterwards.
  Future<Void> caughtUp();

  /// The series that pass all `matchers` (at least one) and may have samples within `range`, sorted by labels.
  ///
  /// A matcher on a label that a series lacks sees the empty string. The caller closes the selection.
  ///
  /// @param seriesMax fails with `TOO_EXPENSIVE` when more series match
  Selection select(List<Matcher> matchers, TimeRange range, int seriesMax);

  /// Names of labels of the matching series (all series for no matchers), sorted.
  List<String> labelNames(List<Matcher> matchers, TimeRange range);

  /// Values of one label among the matching series (all series for no matchers), sorted.
  List<String> labelValues(String name, List<Matcher> matchers, TimeRange range);

  /// What senders told of metrics, by metric name; several texts when senders disagree.
  Map<String, List<Metadata>> metadata();

  /// Type (`counter`, `gauge`, `histogram`, `summary`, `info`, `stateset` or `unknown`), help and unit of one metric.
  record Metadata(String type, String help, String unit) {}
}
