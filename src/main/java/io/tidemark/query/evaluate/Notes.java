package io.tidemark.query.evaluate;

import io.tidemark.model.LabelSet;
import io.tidemark.promql.Span;
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

  Notes(String query) {
    this.query = query;
  }

  void warn(String text, Span place) {
    add(warnings, "PromQL warning: " + text + position(place));
  }

  void info(String text, Span place) {
    add(infos, "PromQL info: " + text + position(place));
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

  private static String named(String metric) {
    if (metric.isEmpty()) {
      return "";
    }
    var text = new StringBuilder(" for metric name ");
    LabelSet.quote(text, metric);
    return text.toString();
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
    if (fixed.size() < TEXTS_MAX) {
      fixed.merge(new Place(metric, span), falls, Falls::and);
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
