package io.tidemark.storage;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.SeriesReader.Metadata;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Some shards of this process as one place to read from.
///
/// @param shards   may come and go while it is read, if it is the live collection of all
/// @param lacks    what is known to be missing, whatever is read
/// @param touched  what was read so far
/// @param kept     series of selectors that came before, of these or other shards
record ShardsView(Collection<Shard> shards, List<String> lacks, Touched touched, ReadWatch watch, KeptSeries kept) implements SeriesView {
  /// Memory of a text in a set.
  private static final long VALUE_BYTES = 64;

  /// The least time that holds all ranges that were read. Any thread.
  static final class Touched {
    private final long sinceNanos;
    private long fromMillis = Long.MAX_VALUE;
    private long toMillis = Long.MIN_VALUE;

    /// @param nanos when the view was made
    Touched(long nanos) {
      sinceNanos = nanos;
    }

    synchronized void add(TimeRange range) {
      fromMillis = Math.min(fromMillis, range.startMillis());
      toMillis = Math.max(toMillis, range.endMillis());
    }

    private synchronized List<String> missing(Shard shard) {
      return fromMillis >= toMillis ? List.of() : shard.missing(fromMillis, toMillis, sinceNanos);
    }
  }

  @Override
  public List<String> warnings() {
    var warnings = new ArrayList<>(lacks);
    shards.forEach(shard -> warnings.addAll(touched.missing(shard)));
    return warnings;
  }

  List<SeriesPart> parts(TimeRange range) {
    touched.add(range);
    var parts = new ArrayList<SeriesPart>();
    for (Shard shard : shards) {
      for (SeriesPart part : shard.parts()) {
        if (part.overlaps(range.startMillis(), range.endMillis())) {
          parts.add(part);
        }
      }
    }
    return parts;
  }

  @Override
  public boolean isNear(TimeRange range) {
    for (Shard shard : shards) {
      for (SeriesPart part : shard.parts()) {
        if (part.isFar() && part.overlaps(range.startMillis(), range.endMillis())) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public Selection select(List<Matcher> matchers, TimeRange range, int seriesMax) {
    return SeriesMerge.of(parts(range), matchers, range, seriesMax, watch, kept);
  }

  @Override
  public Estimate estimate(List<Matcher> matchers, TimeRange range) {
    return estimate(matchers, range, Resolution.RAW, Aspect.EDGES);
  }

  @Override
  public Estimate estimate(List<Matcher> matchers, TimeRange range, Resolution resolution, Aspect aspect) {
    if (matchers.isEmpty()) {
      List<SeriesPart> parts = parts(range);
      return new Estimate(parts.stream().mapToLong(part -> part.index().refsEnd()).sum(),
          parts.stream().mapToLong(SeriesPart::samples).sum(), true);
    }
    Matching matching = Matching.compile(matchers, watch);
    Resolution[] resolutions = Resolution.values();
    for (int i = resolution.ordinal(); i > 0; i--) {
      Estimate estimate = estimate(matching, range, resolutions[i], aspect);
      if (estimate.resolution() == resolutions[i]) {
        return estimate;
      }
    }
    return estimate(matching, range, Resolution.RAW, aspect);
  }

  private Estimate estimate(Matching matching, TimeRange range, Resolution resolution, Aspect aspect) {
    Estimate all = Estimate.NOTHING;
    for (Shard shard : shards) {
      List<SeriesPart> parts = shard.parts().stream().filter(part -> part.overlaps(range.startMillis(), range.endMillis())).toList();
      all = all.and(PartsEstimate.of(parts, matching, range, resolution, aspect));
    }
    return all;
  }

  @Override
  public List<String> labelNames(List<Matcher> matchers, TimeRange range) {
    var names = new TreeSet<String>();
    if (matchers.isEmpty()) {
      parts(range).forEach(part -> names.addAll(part.visible().names()));
    } else {
      forEachMatch(matchers, range, labels -> {
        for (int i = 0; i < labels.count(); i++) {
          names.add(labels.name(i));
        }
      });
    }
    return List.copyOf(names);
  }

  @Override
  public List<String> labelValues(String name, List<Matcher> matchers, TimeRange range) {
    var values = new ArrayList<String>();
    Consumer<String> taker = value -> {
      watch.hold(VALUE_BYTES + value.length());
      values.add(value);
    };
    if (matchers.isEmpty()) {
      parts(range).forEach(part -> part.visible().values(name, taker));
    } else {
      var seen = new HashSet<String>();
      forEachMatch(matchers, range, labels -> {
        String value = labels.value(name);
        if (!value.isEmpty() && seen.add(value)) {
          taker.accept(value);
        }
      });
    }
    return distinct(values);
  }

  /// In order and each once; quick on what is in order by stretches, as the values of blocks are.
  private static List<String> distinct(List<String> values) {
    values.sort(null);
    var distinct = new ArrayList<String>(values.size());
    for (String value : values) {
      if (distinct.isEmpty() || !distinct.getLast().equals(value)) {
        distinct.add(value);
      }
    }
    return distinct;
  }

  private void forEachMatch(List<Matcher> matchers, TimeRange range, Consumer<LabelSet> visitor) {
    Matching matching = Matching.compile(matchers, watch);
    var pace = new Pace(watch);
    List<SeriesPart> parts = parts(range);
    Optional<FoundSeries> known = kept.of(parts, matchers, matching, watch);
    if (known.isPresent()) {
      FoundSeries found = known.get().within(range, parts, pace);
      for (int i = 0; i < found.count(); i++) {
        visitor.accept(found.labels(i));
      }
      return;
    }
    for (SeriesPart part : parts) {
      Postings refs = matching.select(part.index());
      for (int i = 0; i < refs.count(); i++) {
        pace.round();
        if (part.has(refs.refs()[i], range.startMillis(), range.endMillis())) {
          visitor.accept(part.labels(refs.refs()[i]));
        }
      }
    }
  }

  @Override
  public Map<String, List<Metadata>> metadata() {
    var all = new TreeMap<String, Collection<Metadata>>();
    for (Shard shard : shards) {
      shard.head().metadata().forEach((metric, texts) -> all.computeIfAbsent(metric, _ -> new LinkedHashSet<>()).addAll(texts));
    }
    var result = new TreeMap<String, List<Metadata>>();
    all.forEach((metric, texts) -> result.put(metric, List.copyOf(texts)));
    return result;
  }

  @Override
  public List<SeriesExemplars> exemplars(List<Matcher> matchers, TimeRange range) {
    Matching matching = Matching.compile(matchers, watch);
    var all = new ArrayList<SeriesExemplars>();
    for (Shard shard : shards) {
      all.addAll(shard.head().exemplars(matching.select(shard.head().view().index()), range));
    }
    all.sort(Comparator.comparing(SeriesExemplars::series));
    return List.copyOf(all);
  }

  /// Nothing is held: a shard that goes stays readable for who has it.
  @Override
  public void close() {}
}
