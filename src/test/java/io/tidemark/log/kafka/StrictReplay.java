package io.tidemark.log.kafka;

import io.tidemark.log.BatchReader;
import io.tidemark.model.LabelSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads batch records as a shard does: a later epoch of a writer ends the earlier one, samples of unknown series are lost, the last
/// write of a time wins.
final class StrictReplay {
  final Map<LabelSet, TreeMap<Long, Double>> values = new HashMap<>();
  long lost;

  private record Dictionary(int epoch, Map<Integer, LabelSet> labels) {}

  /// Reads one whole partition.
  StrictReplay read(List<byte[]> records) {
    var writers = new HashMap<Integer, Dictionary>();
    var reader = new BatchReader();
    for (byte[] record : records) {
      reader.read(record);
      Dictionary known = writers.get(reader.writer());
      if (known == null || known.epoch < reader.epoch()) {
        known = new Dictionary(reader.epoch(), new HashMap<>());
        writers.put(reader.writer(), known);
      }
      Map<Integer, LabelSet> labels = known.epoch == reader.epoch() ? known.labels : new HashMap<>();
      for (int i = 0; i < reader.definitions(); i++) {
        labels.put(reader.definitionRef(i), reader.definitionLabels(i));
      }
      for (int i = 0; i < reader.samples(); i++) {
        LabelSet series = labels.get(reader.refs()[i]);
        if (series == null) {
          lost++;
        } else {
          values.computeIfAbsent(series, _ -> new TreeMap<>()).put(reader.timestampsMillis()[i],
              Double.longBitsToDouble(reader.valueBits()[i]));
        }
      }
    }
    return this;
  }
}
