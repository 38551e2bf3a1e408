package io.tidemark.storage.head;

import io.tidemark.log.MetricMetadata;
import io.tidemark.storage.SeriesReader.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What senders told of metrics. Written by the loop, read by any thread.
final class MetadataTable {
  static final int METRICS_MAX = 100_000;
  private static final int TEXTS_MAX = 8;

  private final Map<String, List<Metadata>> byMetric = new ConcurrentHashMap<>();

  /// Keeps what is new, the newest last; past the bounds the oldest text of the metric, or the new metric, is let go.
  void add(MetricMetadata told) {
    var metadata = new Metadata(told.type(), told.help(), told.unit());
    List<Metadata> known = byMetric.getOrDefault(told.metric(), List.of());
    if (!known.isEmpty() && known.getLast().equals(metadata) || known.isEmpty() && byMetric.size() >= METRICS_MAX) {
      return;
    }
    var texts = new ArrayList<>(known);
    texts.remove(metadata);
    if (texts.size() == TEXTS_MAX) {
      texts.removeFirst();
    }
    texts.add(metadata);
    byMetric.put(told.metric(), List.copyOf(texts));
  }

  Map<String, List<Metadata>> all() {
    return byMetric;
  }
}
