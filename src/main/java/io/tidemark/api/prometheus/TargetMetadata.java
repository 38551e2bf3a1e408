package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.regex.Regex;
import io.tidemark.storage.SeriesReader.Metadata;
import io.tidemark.storage.SeriesView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// What one target told of one metric.
record TargetMetadata(LabelSet target, String metric, Metadata metadata) {
  /// How far back a target's series are looked for.
  private static final long LOOKBACK_MILLIS = 3_600_000;
  private static final byte[] TARGET = Piece.ascii("{\"target\":");
  private static final byte[] METRIC = Piece.ascii(",\"metric\":");
  private static final byte[] TYPE = Piece.ascii(",\"type\":");
  private static final byte[] HELP = Piece.ascii(",\"help\":");
  private static final byte[] UNIT = Piece.ascii(",\"unit\":");
  /// What a family's series may be called beyond its name.
  private static final List<String> SUFFIXES = List.of("_bucket", "_count", "_sum", "_total", "_info");

  /// Metadata are kept by metric and not by target: those of a target are the ones of the metrics that it lately has series of.
  ///
  /// @param targets labels of each
  /// @param metric  the only one asked for, or empty
  static List<TargetMetadata> find(SeriesView view, List<LabelSet> targets, String metric, long nowMillis) {
    Map<String, List<Metadata>> known = view.metadata();
    var range = new TimeRange(nowMillis - LOOKBACK_MILLIS, nowMillis + 1);
    var found = new ArrayList<TargetMetadata>();
    for (LabelSet target : targets) {
      String before = "";
      for (String name : view.labelValues(LabelSet.NAME, matchers(target), range)) {
        String family = family(name, known);
        if (!family.equals(before) && (metric.isEmpty() || metric.equals(family))) {
          known.getOrDefault(family, List.of()).forEach(metadata -> found.add(new TargetMetadata(target, family, metadata)));
        }
        before = family;
      }
    }
    return found;
  }

  private static List<Matcher> matchers(LabelSet target) {
    return target.toMap().entrySet().stream().map(label -> Matcher.equal(label.getKey(), label.getValue())).toList();
  }

  private static String family(String name, Map<String, List<Metadata>> known) {
    if (!known.containsKey(name)) {
      for (String suffix : SUFFIXES) {
        if (name.endsWith(suffix) && known.containsKey(name.substring(0, name.length() - suffix.length()))) {
          return name.substring(0, name.length() - suffix.length());
        }
      }
    }
    return name;
  }

  /// Whether labels pass all of `matchers`.
  static Predicate<LabelSet> passing(List<Matcher> matchers) {
    return matchers.stream().map(TargetMetadata::test).reduce(_ -> true, Predicate::and);
  }

  private static Predicate<LabelSet> test(Matcher matcher) {
    Predicate<LabelSet> positive;
    if (matcher.op().isRegex()) {
      Regex regex = Regex.compile(matcher.value());
      positive = labels -> regex.matches(labels.value(matcher.name()));
    } else {
      positive = labels -> labels.value(matcher.name()).equals(matcher.value());
    }
    return matcher.op().isNegative() ? positive.negate() : positive;
  }

  /// Adds it as a JSON object.
  ///
  /// @param named whether the metric's name is told; not when the caller asked for one metric
  void write(Piece out, boolean named) {
    out.add(TARGET);
    JsonPiece.labels(out, target);
    if (named) {
      out.add(METRIC);
      JsonPiece.string(out, metric);
    }
    out.add(TYPE);
    JsonPiece.string(out, metadata.type());
    out.add(HELP);
    JsonPiece.string(out, metadata.help());
    out.add(UNIT);
    JsonPiece.string(out, metadata.unit());
    out.add('}');
  }
}
