package io.tidemark.log;

import io.tidemark.model.LabelSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The plainest reader of batch records: applies definitions, resolves refs.
final class Replay {
  final Map<LabelSet, TreeMap<Long, Long>> bitsBySeriesAndTime = new HashMap<>();
  final Map<String, MetricMetadata> metadata = new TreeMap<>();
  /// Writer and epoch of every dictionary seen.
  final Set<Long> epochs = new HashSet<>();
  int definitions;

  /// Reads one whole partition; refs of another one are something else.
  Replay read(List<LogRecord> records) {
    var dictionaries = new HashMap<Long, Map<Integer, LabelSet>>();
    var reader = new BatchReader();
    for (LogRecord record : records) {
      reader.read(record.bytes());
      long writerAndEpoch = (long) reader.writer() << 32 | reader.epoch();
      epochs.add(writerAndEpoch);
      var dictionary = dictionaries.computeIfAbsent(writerAndEpoch, _ -> new HashMap<>());
      for (int i = 0; i < reader.definitions(); i++) {
        LabelSet labels = reader.definitionLabels(i);
        LabelSet before = dictionary.put(reader.definitionRef(i), labels);
        if (before != null && !before.equals(labels)) {
          throw new AssertionError("ref " + reader.definitionRef(i) + " defined as " + before + " and as " + labels);
        }
        definitions++;
      }
      reader.metadata().forEach(m -> metadata.put(m.metric(), m));
      for (int i = 0; i < reader.samples(); i++) {
        LabelSet labels = dictionary.get(reader.refs()[i]);
        if (labels == null) {
          throw new AssertionError("record " + record.position() + " uses undefined ref " + reader.refs()[i]);
        }
        bitsBySeriesAndTime.computeIfAbsent(labels, _ -> new TreeMap<>()).put(reader.timestampsMillis()[i], reader.valueBits()[i]);
      }
    }
    return this;
  }
}
