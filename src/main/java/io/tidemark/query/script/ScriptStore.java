package io.tidemark.query.script;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.query.kernel.HistogramCompare;
import io.tidemark.query.script.SeriesLine.Point;
import io.tidemark.regex.Regex;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A script's samples in memory. Changed only between queries.
public final class ScriptStore implements SeriesReader, SeriesView {
  private final TreeMap<LabelSet, TreeMap<Long, Sample>> series = new TreeMap<>();

  /// @param value       a number, which says nothing beside a histogram
  /// @param startMillis 0 for unknown
  private record Sample(double value, @Nullable Histogram histogram, long startMillis) {}

  void clear() {
    series.clear();
  }

  void load(Command.Load load) {
    // The last of several lines of one series counts.
    var lines = new LinkedHashMap<LabelSet, SeriesLine>();
    load.lines().forEach(line -> lines.put(line.labels(), line));
    var starts = new HashMap<LabelSet, SeriesLine>();
    load.starts().forEach(line -> starts.put(line.labels(), line));
    lines.values().forEach(line -> load(line, Optional.ofNullable(starts.get(line.labels())), load.stepMillis()));
    if (load.alsoNative()) {
      ClassicHistograms.of(lines.values()).forEach((labels, steps) -> steps.forEach((step, histogram) ->
          put(labels, step * load.stepMillis(), new Sample(0, histogram, 0))));
    }
    series.values().forEach(ScriptStore::tellResets);
  }

  private void load(SeriesLine line, Optional<SeriesLine> starts, long stepMillis) {
    if (starts.isPresent() && starts.get().points().size() != line.points().size()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, line.labels() + " has " + line.points().size() + " samples, but "
          + starts.get().points().size() + " start times");
    }
    for (int i = 0; i < line.points().size(); i++) {
      long at = i * stepMillis;
      Point told = starts.isPresent() ? starts.get().points().get(i) : new Point.Gap();
      long start = told instanceof Point.Value relative ? at + Math.round(relative.value() * 1000) : 0;
      switch (line.points().get(i)) {
        case Point.Gap _ -> { }
        case Point.Value value -> put(line.labels(), at, new Sample(value.value(), null, start));
        case Point.Histogram point -> put(line.labels(), at, new Sample(0, point.histogram(), start));
      }
    }
  }

  private void put(LabelSet labels, long timestampMillis, Sample sample) {
    series.computeIfAbsent(labels, _ -> new TreeMap<>()).put(timestampMillis, sample);
  }

  /// Says of each histogram what Prometheus' chunks would: no reset after a sample of the same layout that it continues, else unknown.
  private static void tellResets(TreeMap<Long, Sample> samples) {
    Histogram before = null;
    for (var entry : samples.entrySet()) {
      Histogram now = entry.getValue().histogram;
      if (now != null && now.reset() != Histogram.Reset.GAUGE) {
        boolean goesOn = before != null && before.reset() != Histogram.Reset.GAUGE && now.schema() == before.schema()
            && now.zeroThreshold() == before.zeroThreshold() && Arrays.equals(now.customBounds(), before.customBounds())
            && now.reset() != Histogram.Reset.YES && !HistogramCompare.isReset(now.with(Histogram.Reset.UNKNOWN), before);
        // A told reset stays told for the next load; nobody else reads it, as it shows in the counts.
        Histogram told = now.reset() == Histogram.Reset.YES ? now : now.with(goesOn ? Histogram.Reset.NO : Histogram.Reset.UNKNOWN);
        entry.setValue(new Sample(entry.getValue().value, told, entry.getValue().startMillis));
      }
      before = now;
    }
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
    List<Map.Entry<LabelSet, TreeMap<Long, Sample>>> found = matching(matchers, range);
    if (found.size() > seriesMax) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, found.size() + " series match, at most " + seriesMax + " are allowed");
    }
    return new Selected(found, range);
  }

  private List<Map.Entry<LabelSet, TreeMap<Long, Sample>>> matching(List<Matcher> matchers, TimeRange range) {
    List<Predicate<LabelSet>> tests = matchers.stream().map(ScriptStore::test).toList();
    var found = new ArrayList<Map.Entry<LabelSet, TreeMap<Long, Sample>>>();
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
  public Estimate estimate(List<Matcher> matchers, TimeRange range) {
    List<Map.Entry<LabelSet, TreeMap<Long, Sample>>> found = matching(matchers, range);
    return new Estimate(found.size(), found.stream()
        .mapToLong(entry -> entry.getValue().subMap(range.startMillis(), range.endMillis()).size()).sum(), true);
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

  private record Selected(List<Map.Entry<LabelSet, TreeMap<Long, Sample>>> found, TimeRange range) implements Selection {
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
      NavigableMap<Long, Sample> samples = found.get(index).getValue().subMap(range.startMillis(), true, range.endMillis(), false);
      into.clear();
      samples.forEach((timestampMillis, sample) -> {
        if (sample.histogram == null) {
          into.add(timestampMillis, sample.value);
        } else {
          boolean told = sample.histogram.reset() == Histogram.Reset.YES;
          into.add(timestampMillis, told ? sample.histogram.with(Histogram.Reset.UNKNOWN) : sample.histogram);
        }
        if (sample.startMillis != 0) {
          into.startLast(sample.startMillis);
        }
      });
    }

    @Override
    public void close() {}
  }
}
