package io.tidemark.query;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.regex.Regex;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/// A series reader over samples held in memory.
public final class MemoryReader implements SeriesReader, SeriesView {
  private final TreeMap<LabelSet, TreeMap<Long, Double>> series = new TreeMap<>();
  /// Where a sample is a histogram; its value in `series` then says nothing.
  private final Map<LabelSet, Map<Long, Histogram>> histograms = new HashMap<>();
  /// What {@link #view} waits for.
  public Future<Void> caughtUp = Future.succeededFuture();
  /// Whether queries that are known to be quick may be evaluated by their callers.
  public boolean isNear;
  /// Runs at each look for series.
  public Runnable whenSelected = () -> { };
  /// How many selections are open.
  public int open;

  public MemoryReader add(LabelSet labels, long timestampMillis, double value) {
    series.computeIfAbsent(labels, _ -> new TreeMap<>()).put(timestampMillis, value);
    return this;
  }

  public MemoryReader add(LabelSet labels, long timestampMillis, Histogram histogram) {
    histograms.computeIfAbsent(labels, _ -> new HashMap<>()).put(timestampMillis, histogram);
    return add(labels, timestampMillis, SampleBuffer.BESIDE_HISTOGRAM);
  }

  /// Values at 0, `stepMillis`, 2 `stepMillis`, …
  public MemoryReader add(LabelSet labels, long stepMillis, double... values) {
    for (int i = 0; i < values.length; i++) {
      add(labels, i * stepMillis, values[i]);
    }
    return this;
  }

  /// Takes over all that `other` holds.
  public MemoryReader add(MemoryReader other) {
    other.series.forEach((labels, samples) -> samples.forEach((at, value) -> add(labels, at, value)));
    return this;
  }

  /// Spreads the series over readers.
  public void forEach(BiConsumer<LabelSet, TreeMap<Long, Double>> visitor) {
    series.forEach(visitor);
  }

  @Override
  public Future<SeriesView> view(ReadPolicy policy) {
    return caughtUp.map(this);
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }

  @Override
  public void close() {}

  @Override
  public boolean isNear(TimeRange range) {
    return isNear;
  }

  @Override
  public Selection select(List<Matcher> matchers, TimeRange range, int seriesMax) {
    whenSelected.run();
    List<Predicate<LabelSet>> tests = matchers.stream().map(MemoryReader::test).toList();
    var found = new ArrayList<Map.Entry<LabelSet, TreeMap<Long, Double>>>();
    for (var entry : series.entrySet()) {
      if (tests.stream().allMatch(test -> test.test(entry.getKey()))) {
        found.add(entry);
      }
    }
    if (found.size() > seriesMax) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "more than " + seriesMax + " series match");
    }
    open++;
    return new Selection() {
      @Override
      public int count() {
        return found.size();
      }

      @Override
      public LabelSet labels(int index) {
        return found.get(index).getKey();
      }

      @Override
      public void read(int index, SampleBuffer into) {
        into.clear();
        Map<Long, Histogram> ofSeries = histograms.getOrDefault(found.get(index).getKey(), Map.of());
        found.get(index).getValue().subMap(range.startMillis(), range.endMillis()).forEach((at, value) -> {
          if (ofSeries.containsKey(at)) {
            into.add(at, ofSeries.get(at));
          } else {
            into.add(at, value);
          }
        });
      }

      @Override
      public void close() {
        open--;
      }
    };
  }

  private static Predicate<LabelSet> test(Matcher matcher) {
    String name = matcher.name();
    return switch (matcher.op()) {
      case EQUAL -> labels -> labels.value(name).equals(matcher.value());
      case NOT_EQUAL -> labels -> !labels.value(name).equals(matcher.value());
      case MATCH -> {
        Regex regex = Regex.compile(matcher.value());
        yield labels -> regex.matches(labels.value(name));
      }
      case NOT_MATCH -> {
        Regex regex = Regex.compile(matcher.value());
        yield labels -> !regex.matches(labels.value(name));
      }
    };
  }

  @Override
  public Estimate estimate(List<Matcher> matchers, TimeRange range) {
    List<Predicate<LabelSet>> tests = matchers.stream().map(MemoryReader::test).toList();
    List<TreeMap<Long, Double>> found = series.entrySet().stream().filter(entry -> tests.stream().allMatch(t -> t.test(entry.getKey())))
        .map(Map.Entry::getValue).toList();
    return new Estimate(found.size(), found.stream().mapToLong(s -> s.subMap(range.startMillis(), range.endMillis()).size()).sum(), true);
  }

  @Override
  public List<String> labelNames(List<Matcher> matchers, TimeRange range) {
    var names = new TreeSet<String>();
    series.keySet().forEach(labels -> names.addAll(labels.toMap().keySet()));
    return List.copyOf(names);
  }

  @Override
  public List<String> labelValues(String name, List<Matcher> matchers, TimeRange range) {
    var values = new TreeSet<String>();
    series.keySet().stream().filter(labels -> labels.has(name)).forEach(labels -> values.add(labels.value(name)));
    return List.copyOf(values);
  }

  @Override
  public Map<String, List<SeriesReader.Metadata>> metadata() {
    return Map.of();
  }
}
