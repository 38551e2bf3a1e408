package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.Span;
import io.tidemark.query.kernel.Remark;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Warnings and remarks of one query, each text once. Safe on any thread.
final class Notes {
  /// Most texts kept of each kind; more say nothing new.
  static final int TEXTS_MAX = 100;

  private final String query;
  private final Set<String> warnings = new LinkedHashSet<>();
  private final Set<String> infos = new LinkedHashSet<>();
  private final Map<Place, Falls> fixed = new LinkedHashMap<>();
  private volatile Sharing.Twins twins = Sharing.Twins.NONE;

  Notes(String query) {
    this.query = query;
  }

  /// What is noted from now on is noted of the twins of a place too.
  void share(Sharing.Twins twinsOfPlaces) {
    twins = twinsOfPlaces;
  }

  /// All places of the expression at `place`, for what it notes of itself.
  Set<Span> own(Span place) {
    return twins.own().getOrDefault(place, Set.of(place));
  }

  private Set<Span> places(Span place) {
    return twins.within().getOrDefault(place, Set.of(place));
  }

  void warn(String text, Span place) {
    places(place).forEach(twin -> add(warnings, "PromQL warning: " + text + position(twin)));
  }

  void info(String text, Span place) {
    places(place).forEach(twin -> add(infos, "PromQL info: " + text + position(twin)));
  }

  /// A warning that is about the engine, not about a place in the query.
  void warn(String text) {
    add(warnings, text);
  }

  /// Takes over what another evaluation of a part of this query noticed.
  void add(List<String> otherWarnings, List<String> otherInfos) {
    otherWarnings.forEach(text -> add(warnings, text));
    otherInfos.forEach(text -> add(infos, text));
  }

  /// What kernels noticed about series of `metric`, in Prometheus' words.
  void remarks(Set<Remark> remarks, String metric, Span place) {
    for (Remark remark : remarks) {
      switch (remark) {
        case MIXED_SAMPLES -> warn("encountered a mix of histograms and floats for metric name " + quoted(metric), place);
        case MIXED_IN_AGGREGATION -> warn("encountered a mix of histograms and floats for aggregation", place);
        case MIXED_SCHEMAS ->
            warn("vector contains a mix of histograms with exponential and custom buckets schemas" + named(metric), place);
        case IGNORED_IN_RANGE -> info("ignored histograms in a range containing both floats and histograms" + named(metric), place);
        case NOT_COUNTER -> warn("this native histogram metric is not a counter: " + quoted(metric), place);
        case NOT_GAUGE -> warn("this native histogram metric is not a gauge: " + quoted(metric), place);
        case RECONCILED_IN_ADDITION -> reconciled("addition", place);
        case RECONCILED_IN_SUBTRACTION -> reconciled("subtraction", place);
        case RECONCILED_IN_AGGREGATION -> reconciled("aggregation", place);
        case COLLIDED_IN_AGGREGATION -> collided("aggregation", place);
        case STARTS_OVERLAP ->
            warn("sample has start time that overlaps with previous sample timestamp for metric " + quoted(metric), place);
      }
    }
  }

  void reconciled(String operation, Span place) {
    info("mismatched custom buckets were reconciled during " + operation, place);
  }

  void collided(String operation, Span place) {
    warn("conflicting counter resets during histogram " + operation, place);
  }

  private static String quoted(String metric) {
    var text = new StringBuilder();
    LabelSet.quote(text, metric);
    return text.toString();
  }

  private synchronized void add(Set<String> texts, String text) {
    if (texts.size() < TEXTS_MAX) {
      texts.add(text);
    }
  }

  synchronized List<String> warnings() {
    return List.copyOf(warnings);
  }

  synchronized List<String> infos() {
    var all = new ArrayList<>(infos);
    fixed.forEach((place, falls) -> all.add("PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
        + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)" + named(place.metric) + falls
        + position(place.span)));
    return all;
  }

  /// ` for metric name "…"`, or nothing without a name.
  static String named(String metric) {
    return metric.isEmpty() ? "" : " for metric name " + quoted(metric);
  }

  private record Place(String metric, Span span) {}

  /// Falling bucket counts of classic histograms: when, between which bounds, by how much at most, how often.
  record Falls(long firstMillis, long lastMillis, double lowestBound, double highestBound, double largest, long count) {
    Falls and(Falls other) {
      return new Falls(Math.min(firstMillis, other.firstMillis), Math.max(lastMillis, other.lastMillis),
          Math.min(lowestBound, other.lowestBound), Math.max(highestBound, other.highestBound), Math.max(largest, other.largest),
          count + other.count);
    }

    @Override
    public String toString() {
      return ", from buckets " + Numbers.general(lowestBound) + " to " + Numbers.general(highestBound) + ", with a max diff of "
          + Numbers.twoDigits(largest) + ", over " + count + " samples from " + Instant.ofEpochSecond(firstMillis / 1000) + " to "
          + Instant.ofEpochSecond(lastMillis / 1000);
    }
  }

  /// Notes that bucket counts had to be made to grow; one remark for each metric and place.
  synchronized void fixedBuckets(String metric, Span span, Falls falls) {
    for (Span twin : places(span)) {
      if (fixed.size() < TEXTS_MAX) {
        fixed.merge(new Place(metric, twin), falls, Falls::and);
      }
    }
  }

  /// ` (line:column)`, 1-based, as Prometheus ends its annotations.
  private String position(Span place) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < place.start() && i < query.length(); i++) {
      if (query.charAt(i) == '\n') {
        line++;
        column = 1;
      } else {
        column++;
      }
    }
    return " (" + line + ":" + column + ")";
  }
}
