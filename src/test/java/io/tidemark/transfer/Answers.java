package io.tidemark.transfer;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.transfer.tsdb.FloatChunk;
import io.tidemark.transfer.tsdb.HistogramChunk;
import io.tidemark.transfer.wire.ReadFrames;
import io.tidemark.transfer.wire.ReadQuery;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Everything that a server has, by remote read: bits of floats, and the numbers of histograms.
record Answers(Map<LabelSet, TreeMap<Long, Long>> floats, Map<LabelSet, TreeMap<Long, List<Double>>> histograms) {
  static Answers of(String url) throws IOException {
    return of(url, List.of(new Matcher(LabelSet.NAME, Matcher.Op.MATCH, "gold.*")));
  }

  static Answers of(String url, List<Matcher> matchers) throws IOException {
    var answers = new Answers(new TreeMap<>(), new TreeMap<>());
    try (var server = new Server(url); InputStream in = server.read("api/v1/read", Map.of(), ReadQuery.of(matchers,
        new TimeRange(0, 4_000_000_000_000L)))) {
      var frames = new ReadFrames(in);
      for (List<ReadFrames.Series> some = frames.next(); !some.isEmpty(); some = frames.next()) {
        for (ReadFrames.Series series : some) {
          series.chunks().forEach(chunk -> answers.add(series.labels(), chunk));
        }
      }
    }
    return answers;
  }

  private void add(LabelSet labels, ReadFrames.Chunk chunk) {
    if (chunk.encoding() == 1) {
      var read = new FloatChunk();
      read.read(chunk.padded(), chunk.bytes());
      TreeMap<Long, Long> samples = floats.computeIfAbsent(labels, _ -> new TreeMap<>());
      for (int i = 0; i < read.count; i++) {
        samples.put(read.timestampsMillis[i], read.valueBits[i]);
      }
    } else {
      var read = new HistogramChunk();
      read.reset(chunk.padded(), chunk.bytes(), false);
      while (read.next()) {
        histograms.computeIfAbsent(labels, _ -> new TreeMap<>()).put(read.timestampMillis(), numbers(read));
      }
    }
  }

  /// Count, sum, and bounds and count of each bucket that is not empty, from the lowest on; as {@link GoldenBlocks#numbers}.
  private static List<Double> numbers(HistogramChunk chunk) {
    var buckets = new TreeMap<Double, List<Double>>();
    double growth = Math.pow(2, Math.pow(2, -chunk.schema));
    index(chunk.positiveSpans, chunk.positiveCounts, (bucket, count) -> {
      double from = chunk.customBounds.length == 0 ? Math.pow(growth, bucket - 1) : bucket == 0 ? Double.NEGATIVE_INFINITY
          : chunk.customBounds[bucket - 1];
      double to = chunk.customBounds.length == 0 ? Math.pow(growth, bucket) : bucket == chunk.customBounds.length
          ? Double.POSITIVE_INFINITY : chunk.customBounds[bucket];
      buckets.put(from, List.of(from, to, count));
    });
    index(chunk.negativeSpans, chunk.negativeCounts, (bucket, count) ->
        buckets.put(-Math.pow(growth, bucket), List.of(-Math.pow(growth, bucket), -Math.pow(growth, bucket - 1), count)));
    if (chunk.zeroCount != 0) {
      buckets.put(-chunk.zeroThreshold, List.of(-chunk.zeroThreshold, chunk.zeroThreshold, chunk.zeroCount));
    }
    var numbers = new ArrayList<>(List.of(chunk.count, Double.longBitsToDouble(chunk.sumBits)));
    buckets.values().forEach(numbers::addAll);
    return numbers;
  }

  private interface Bucket {
    void add(int index, double count);
  }

  private static void index(int[] spans, double[] counts, Bucket bucket) {
    int index = 0;
    int at = 0;
    for (int i = 0; i < spans.length; i += 2) {
      index += spans[i];
      for (int n = 0; n < spans[i + 1]; n++, index++, at++) {
        if (counts[at] != 0) {
          bucket.add(index, counts[at]);
        }
      }
    }
  }
}
