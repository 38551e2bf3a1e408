package io.tidemark.query.script;

import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.query.script.Command.Expectation;
import io.tidemark.query.script.Command.Notes;
import io.tidemark.query.script.Command.Text;
import io.tidemark.query.script.SeriesLine.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Compares an answer with what a case expects; tells the first difference as `expected …, got …`.
final class Comparison {
  /// Floats are equal within this relative difference.
  private static final double TOLERANCE = 1e-6;

  private Comparison() {}

  static Optional<String> instant(Expectation expected, Value value) {
    if (expected.string().isPresent()) {
      return value instanceof Value.Text text && text.value().equals(expected.string().get()) ? Optional.empty()
          : different("string \"" + expected.string().get() + "\"", value);
    }
    return switch (value) {
      case Value.Scalar scalar -> scalar(expected, scalar.value());
      case Value.Vector vector -> expected.scalar().isPresent() ? different("scalar " + expected.scalar().getAsDouble(), value)
          : vector(expected, vector.elements());
      case Value.Matrix matrix -> expected.points().isPresent() ? matrix(expected, expected.points().get(), matrix)
          : different("an instant vector", value);
      case Value.Text _ -> different("no string", value);
    };
  }

  private static Optional<String> scalar(Expectation expected, double value) {
    if (expected.scalar().isPresent()) {
      return same(expected.scalar().getAsDouble(), value) ? Optional.empty()
          : Optional.of("expected scalar " + expected.scalar().getAsDouble() + ", got " + value);
    }
    boolean equal = expected.series().size() == 1 && expected.series().getFirst().points().size() == 1
        && expected.series().getFirst().points().getFirst() instanceof Point.Value only && same(only.value(), value);
    return equal ? Optional.empty() : Optional.of("expected " + expected.series() + ", got scalar " + value);
  }

  static Optional<String> vector(Expectation expected, List<Value.Element> elements) {
    var seen = new HashSet<LabelSet>();
    for (int i = 0; i < elements.size(); i++) {
      Value.Element element = elements.get(i);
      Optional<SeriesLine> line = expected.find(element.labels());
      if (line.isEmpty()) {
        return Optional.of("expected no " + element.labels() + ", got " + text(element.value(), element.histogram()));
      }
      if (!seen.add(element.labels())) {
        return Optional.of("expected one " + element.labels() + ", got several");
      }
      if (expected.ordered() && (i >= expected.series().size() || !expected.series().get(i).labels().equals(element.labels()))) {
        return Optional.of("expected " + (i < expected.series().size() ? expected.series().get(i).labels() : "nothing") + " at place "
            + (i + 1) + ", got " + element.labels());
      }
      Optional<String> difference = point(line.get(), element);
      if (difference.isPresent()) {
        return difference;
      }
    }
    return missing(expected, seen);
  }

  private static Optional<String> point(SeriesLine line, Value.Element element) {
    Point point = line.points().isEmpty() ? new Point.Gap() : line.points().getFirst();
    return same(point, element.value(), element.histogram()) ? Optional.empty()
        : Optional.of("expected " + text(point) + " for " + line.labels() + ", got " + text(element.value(), element.histogram()));
  }

  private static boolean same(Point expected, double value, @Nullable Histogram histogram) {
    return switch (expected) {
      case Point.Gap _ -> false;
      case Point.Value point -> histogram == null && same(point.value(), value);
      case Point.Histogram point -> histogram != null && same(point, histogram);
    };
  }

  private static boolean same(Point.Histogram expected, Histogram found) {
    Histogram h = expected.histogram();
    return h.schema() == found.schema() && same(h.count(), found.count()) && same(h.sum(), found.sum())
        && same(h.zeroCount(), found.zeroCount()) && h.zeroThreshold() == found.zeroThreshold()
        && Arrays.equals(h.customBounds(), found.customBounds()) && same(h.positive(), found.positive())
        && same(h.negative(), found.negative()) && (!expected.hinted() || h.reset() == found.reset());
  }

  /// Buckets that hold nothing do not matter.
  private static boolean same(Histogram.Buckets expected, Histogram.Buckets found) {
    Map<Integer, Double> a = filled(expected);
    Map<Integer, Double> b = filled(found);
    return a.keySet().equals(b.keySet()) && a.entrySet().stream().allMatch(bucket -> same(bucket.getValue(), b.get(bucket.getKey())));
  }

  private static Map<Integer, Double> filled(Histogram.Buckets buckets) {
    var filled = new TreeMap<Integer, Double>();
    for (int i = 0; i < buckets.count(); i++) {
      if (buckets.counts()[i] != 0) {
        filled.put(buckets.indexes()[i], buckets.counts()[i]);
      }
    }
    return filled;
  }

  private static String text(Point point) {
    return switch (point) {
      case Point.Gap _ -> "nothing";
      case Point.Value value -> String.valueOf(value.value());
      case Point.Histogram histogram -> text(histogram.histogram());
    };
  }

  private static String text(double value, @Nullable Histogram histogram) {
    return histogram == null ? String.valueOf(value) : text(histogram);
  }

  private static String text(Histogram h) {
    return "{{schema:" + h.schema() + " count:" + h.count() + " sum:" + h.sum() + " z_bucket:" + h.zeroCount() + " z_bucket_w:"
        + h.zeroThreshold() + " buckets:" + filled(h.positive()) + " n_buckets:" + filled(h.negative()) + " custom_values:"
        + Arrays.toString(h.customBounds()) + " counter_reset_hint:" + h.reset() + "}}";
  }

  private static Optional<String> missing(Expectation expected, HashSet<LabelSet> seen) {
    return expected.series().stream().filter(line -> !seen.contains(line.labels()))
        .filter(line -> line.points().stream().anyMatch(point -> !(point instanceof Point.Gap)))
        .findFirst().map(line -> "expected " + line.labels() + ", got nothing for it");
  }

  static Optional<String> matrix(Expectation expected, Command.Times times, Value value) {
    if (!(value instanceof Value.Matrix matrix)) {
      return different("a matrix", value);
    }
    if (expected.ordered()) {
      return Optional.of("expected an ordered result, which a matrix is not");
    }
    var seen = new HashSet<LabelSet>();
    for (int i = 0; i < matrix.series().size(); i++) {
      Value.Series series = matrix.series().get(i);
      if (i > 0 && matrix.series().get(i - 1).labels().compareTo(series.labels()) >= 0) {
        return Optional.of("expected series in label order, got " + series.labels() + " behind " + matrix.series().get(i - 1).labels());
      }
      Optional<SeriesLine> line = expected.find(series.labels());
      if (line.isEmpty()) {
        return Optional.of("expected no " + series.labels() + ", got " + series.count() + " points");
      }
      seen.add(series.labels());
      Optional<String> difference = series(line.get(), times, series);
      if (difference.isPresent()) {
        return difference;
      }
    }
    return missing(expected, seen);
  }

  private static Optional<String> series(SeriesLine line, Command.Times times, Value.Series series) {
    int next = 0;
    for (int i = 0; i < line.points().size(); i++) {
      long at = times.startMillis() + i * times.stepMillis();
      if (at > times.endMillis()) {
        return Optional.of("expected values of " + line.labels() + " go beyond the end of the range");
      }
      boolean present = next < series.count() && series.timestampsMillis()[next] == at;
      Point point = line.points().get(i);
      boolean asExpected = present ? same(point, series.values()[next], series.histogram(next)) : point instanceof Point.Gap;
      if (!asExpected) {
        return Optional.of("expected " + text(point) + " for " + line.labels() + " at " + at + " ms, got "
            + (present ? text(series.values()[next], series.histogram(next)) : "nothing"));
      }
      next += present ? 1 : 0;
    }
    return next == series.count() ? Optional.empty() : Optional.of("expected nothing for " + line.labels() + " at "
        + series.timestampsMillis()[next] + " ms, got " + text(series.values()[next], series.histogram(next)));
  }

  /// The vector that a range query's matrix holds at one time.
  static List<Value.Element> slice(Value.Matrix matrix, long atMillis) {
    var elements = new ArrayList<Value.Element>();
    for (Value.Series series : matrix.series()) {
      for (int i = 0; i < series.count(); i++) {
        if (series.timestampsMillis()[i] == atMillis) {
          elements.add(new Value.Element(series.labels(), series.values()[i], series.histogram(i)));
        }
      }
    }
    return elements;
  }

  static Optional<String> notes(Expectation expected, QueryResult result) {
    return notes("warning", expected.warnings(), result.warnings()).or(() -> notes("info", expected.infos(), result.infos()));
  }

  private static Optional<String> notes(String kind, Notes expected, List<String> found) {
    if (expected.none() && !found.isEmpty()) {
      return Optional.of("expected no " + kind + ", got " + found);
    }
    if (expected.some() && found.isEmpty()) {
      return Optional.of("expected some " + kind + ", got none");
    }
    for (Text text : expected.texts()) {
      if (found.stream().noneMatch(text::accepts)) {
        return Optional.of("expected " + kind + " \"" + text.text() + "\", got " + found);
      }
    }
    return expected.texts().isEmpty() ? Optional.empty()
        : found.stream().filter(note -> expected.texts().stream().noneMatch(text -> text.accepts(note))).findFirst()
            .map(note -> "expected no " + kind + " but " + expected.texts() + ", got \"" + note + "\"");
  }

  private static Optional<String> different(String expected, Value value) {
    return Optional.of("expected " + expected + ", got " + value);
  }

  /// Equal, both stale, both another NaN, or near each other.
  static boolean same(double a, double b) {
    if (Stale.is(a) || Stale.is(b)) {
      return Stale.is(a) && Stale.is(b);
    }
    if (a == b || Double.isNaN(a) && Double.isNaN(b)) {
      return true;
    }
    double sum = Math.abs(a) + Math.abs(b);
    double difference = Math.abs(a - b);
    if (a == 0 || b == 0 || sum < Double.MIN_NORMAL) {
      return difference < TOLERANCE * Double.MIN_NORMAL;
    }
    return difference / Math.min(sum, Double.MAX_VALUE) < TOLERANCE;
  }
}
