package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.storage.StorageStats.Entry;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Counts series by label over several indexes. Looks at every pair, so it costs time and belongs on a worker.
final class Cardinality {
  private final Map<String, Long> seriesByMetric = new HashMap<>();
  private final Map<String, Long> valuesByLabel = new HashMap<>();
  private final Map<String, Long> bytesByLabel = new HashMap<>();
  private final Map<String, Long> seriesByPair = new HashMap<>();

  static Cardinality of(List<? extends LabelIndex> indexes) {
    var cardinality = new Cardinality();
    var names = new TreeSet<String>();
    indexes.forEach(index -> names.addAll(index.names()));
    names.forEach(name -> cardinality.count(name, indexes));
    return cardinality;
  }

  private void count(String name, List<? extends LabelIndex> indexes) {
    var seriesByValue = new HashMap<String, Long>();
    for (LabelIndex index : indexes) {
      index.forEachValue(name, _ -> true, (value, postings) -> seriesByValue.merge(value, (long) postings.count(), Long::sum));
    }
    long bytes = 0;
    for (var entry : seriesByValue.entrySet()) {
      bytes += entry.getKey().getBytes(StandardCharsets.UTF_8).length;
      seriesByPair.put(name + "=" + entry.getKey(), entry.getValue());
    }
    valuesByLabel.put(name, (long) seriesByValue.size());
    bytesByLabel.put(name, bytes);
    if (name.equals(LabelSet.NAME)) {
      seriesByMetric.putAll(seriesByValue);
    }
  }

  private static List<Entry> top(Map<String, Long> counts, int limit) {
    return counts.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed()
        .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder()))).limit(limit)
        .map(entry -> new Entry(entry.getKey(), entry.getValue())).toList();
  }

  List<Entry> seriesByMetric(int limit) {
    return top(seriesByMetric, limit);
  }

  List<Entry> valuesByLabel(int limit) {
    return top(valuesByLabel, limit);
  }

  List<Entry> bytesByLabel(int limit) {
    return top(bytesByLabel, limit);
  }

  List<Entry> seriesByPair(int limit) {
    return top(seriesByPair, limit);
  }
}
