package io.tidemark.rules;

import io.tidemark.log.BatchReader;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.query.MemoryReader;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A log of one partition in memory that at once shows the series it holds.
final class SeriesLog implements Log {
  final Map<LabelSet, TreeMap<Long, Double>> series = new TreeMap<>();
  final Map<LabelSet, TreeMap<Long, Histogram>> histograms = new TreeMap<>();
  /// The same series, for queries.
  final MemoryReader seriesReader = new MemoryReader();
  private final Map<Long, Map<Integer, LabelSet>> dictionaries = new HashMap<>();
  private final BatchReader reader = new BatchReader();
  private long end;
  /// Whether appends fail.
  boolean full;

  @Override
  public int partitions() {
    return 1;
  }

  @Override
  public Future<Long> append(int partition, byte[] record) {
    if (full) {
      return Future.failedFuture(new TidemarkException(ErrorCode.DISK_FULL, "no room, as the test asked for"));
    }
    reader.read(record);
    var dictionary = dictionaries.computeIfAbsent((long) reader.writer() << 32 | reader.epoch(), _ -> new HashMap<>());
    for (int i = 0; i < reader.definitions(); i++) {
      dictionary.put(reader.definitionRef(i), reader.definitionLabels(i));
    }
    int[] histogramAt = reader.extras().histogramAt();
    for (int i = 0; i < reader.samples(); i++) {
      LabelSet labels = dictionary.get(reader.refs()[i]);
      int place = Arrays.binarySearch(histogramAt, i);
      if (place >= 0) {
        add(labels, reader.timestampsMillis()[i], reader.extras().histograms().get(place));
      } else {
        add(labels, reader.timestampsMillis()[i], Double.longBitsToDouble(reader.valueBits()[i]));
      }
    }
    return Future.succeededFuture(end++);
  }

  void add(LabelSet labels, long atMillis, double value) {
    series.computeIfAbsent(labels, _ -> new TreeMap<>()).put(atMillis, value);
    seriesReader.add(labels, atMillis, value);
  }

  void add(LabelSet labels, long atMillis, Histogram histogram) {
    histograms.computeIfAbsent(labels, _ -> new TreeMap<>()).put(atMillis, histogram);
    seriesReader.add(labels, atMillis, histogram);
  }

  /// Samples of the series with exactly these labels.
  TreeMap<Long, Double> samples(String... labels) {
    return series.getOrDefault(LabelSet.of(labels), new TreeMap<>());
  }

  @Override
  public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
    return Future.succeededFuture(new ArrayList<>());
  }

  @Override
  public long begin(int partition) {
    return 0;
  }

  @Override
  public long end(int partition) {
    return end;
  }

  @Override
  public void trim(int partition, long upTo) {}

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
