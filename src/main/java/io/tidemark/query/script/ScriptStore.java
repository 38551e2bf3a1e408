package io.tidemark.query.script;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.regex.Regex;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// A script's samples in memory. Changed only between queries.
public final class ScriptStore implements SeriesReader, SeriesView {
  private final TreeMap<LabelSet, TreeMap<Long, Double>> series = new TreeMap<>();

  void clear() {
    series.clear();
  }

  void load(Command.Load load) {
    // The last of several lines of one series counts.
    var lines = new LinkedHashMap<LabelSet, SeriesLine>();
    load.lines().forEach(line -> lines.put(line.labels(), line));
    lines.values().forEach(line -> {
      for (int i = 0; i < line.points().size(); i++) {
        if (line.points().get(i) instanceof SeriesLine.Point.Value value) {
          series.computeIfAbsent(line.labels(), _ -> new TreeMap<>()).put(i * load.stepMillis(), value.value());
        }
      }
    });
  }

  @Override
  public Future<SeriesView> view(ReadPolicy policy) {
    return Future.succeededFuture(this);
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }

  /// A script's samples stay for the next query.
  @Override
  public void close() {}

  @Override
  public Selection select(List<Matcher> matchers, TimeRange range, int seriesMax) {
    List<Map.Entry<LabelSet, TreeMap<Long, Double>>> found = matching(matchers, range);
    if (found.size() > seriesMax) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, found.size() + " series match, at most " + seriesMax + " are allowed");
    }
    return new Selected(found, range);
  }

  private List<Map.Entry<LabelSet, TreeMap<Long, Double>>> matching(List<Matcher> matchers, TimeRange range) {
    List<Predicate<LabelSet>> tests = matchers.stream().map(ScriptStore::test).toList();
    var found = new ArrayList<Map.Entry<LabelSet, TreeMap<Long, Double>>>();
    series.forEach((labels, samples) -> {
      if (!samples.subMap(range.startMillis(), range.endMillis()).isEmpty() && tests.stream().allMatch(test -> test.test(labels))) {
        found.add(Map.entry(labels, samples));
      }
    });
    return found;
  }

  private static Predicate<LabelSet> test(Matcher matcher) {
    Predicate<String> value = matcher.op().isRegex() ? Regex.compile(matcher.value())::matches : matcher.value()::equals;
    return labels -> value.test(labels.value(matcher.name())) != matcher.op().isNegative();
  }

  @Override
  public List<String> labelNames(List<Matcher> matchers, TimeRange range) {
    var names = new TreeSet<String>();
    matching(matchers, range).forEach(entry -> names.addAll(entry.getKey().toMap().keySet()));
    return List.copyOf(names);
  }

  @Override
  public List<String> labelValues(String name, List<Matcher> matchers, TimeRange range) {
    var values = new TreeSet<String>();
    matching(matchers, range).forEach(entry -> values.add(entry.getKey().value(name)));
    values.remove("");
    return List.copyOf(values);
  }

  @Override
  public Map<String, List<SeriesReader.Metadata>> metadata() {
    return Map.of();
  }

  private record Selected(List<Map.Entry<LabelSet, TreeMap<Long, Double>>> found, TimeRange range) implements Selection {
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
      NavigableMap<Long, Double> samples = found.get(index).getValue().subMap(range.startMillis(), true, range.endMillis(), false);
      into.clear();
      samples.forEach(into::add);
    }

    @Override
    public void close() {}
  }
}
