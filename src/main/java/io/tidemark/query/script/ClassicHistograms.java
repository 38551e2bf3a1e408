package io.tidemark.query.script;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/// `load_with_nhcb`: native histograms with custom buckets made of classic ones, the series `X_bucket`, `X_sum` and `X_count`.
final class ClassicHistograms {
  private ClassicHistograms() {}

  /// What a classic histogram has at one step.
  private static final class Parts {
    final TreeMap<Double, Double> cumulative = new TreeMap<>();
    OptionalDouble sum = OptionalDouble.empty();
    OptionalDouble count = OptionalDouble.empty();
  }

  /// The histogram series that `lines` hold, each with what it has at each step, by step.
  static Map<LabelSet, Map<Integer, Histogram>> of(Iterable<SeriesLine> lines) {
    var families = new LinkedHashMap<LabelSet, TreeMap<Integer, Parts>>();
    for (SeriesLine line : lines) {
      String name = line.labels().metricName();
      for (String suffix : List.of("_bucket", "_sum", "_count")) {
        boolean isPart = name.endsWith(suffix) && (!suffix.equals("_bucket") || isNumber(line.labels().value("le")));
        if (isPart) {
          LabelSet labels = line.labels().without("le").with(LabelSet.NAME, name.substring(0, name.length() - suffix.length()));
          add(families.computeIfAbsent(labels, _ -> new TreeMap<>()), suffix, line);
        }
      }
    }
    var histograms = new LinkedHashMap<LabelSet, Map<Integer, Histogram>>();
    families.forEach((labels, steps) -> {
      var made = new TreeMap<Integer, Histogram>();
      steps.forEach((step, parts) -> made.put(step, histogram(labels, parts)));
      histograms.put(labels, made);
    });
    return histograms;
  }

  private static boolean isNumber(String le) {
    return le.matches("[+-]?(?i:inf|(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?)");
  }

  private static double bound(String le) {
    return le.toLowerCase(Locale.ROOT).endsWith("inf") ? le.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY
        : Double.parseDouble(le);
  }

  private static void add(TreeMap<Integer, Parts> steps, String suffix, SeriesLine line) {
    for (int i = 0; i < line.points().size(); i++) {
      if (line.points().get(i) instanceof SeriesLine.Point.Value value) {
        Parts parts = steps.computeIfAbsent(i, _ -> new Parts());
        switch (suffix) {
          case "_bucket" -> parts.cumulative.put(bound(line.labels().value("le")), value.value());
          case "_sum" -> parts.sum = OptionalDouble.of(value.value());
          default -> parts.count = OptionalDouble.of(value.value());
        }
      }
    }
  }

  private static Histogram histogram(LabelSet labels, Parts parts) {
    double highest = parts.cumulative.isEmpty() ? 0 : parts.cumulative.lastEntry().getValue();
    double count = parts.count.orElse(highest);
    parts.cumulative.putIfAbsent(Double.POSITIVE_INFINITY, count);
    if (parts.cumulative.lastEntry().getValue() != count) {
      throw new TidemarkException(ErrorCode.BAD_DATA, labels + " counts " + count + ", but its buckets hold "
          + parts.cumulative.lastEntry().getValue());
    }
    var bounds = new ArrayList<Double>();
    var indexes = new ArrayList<Integer>();
    var counts = new ArrayList<Double>();
    double before = 0;
    for (var bucket : parts.cumulative.entrySet()) {
      double within = bucket.getValue() - before;
      if (within < 0) {
        throw new TidemarkException(ErrorCode.BAD_DATA, "buckets of " + labels + " fall from " + before + " to " + bucket.getValue()
            + " at le=" + bucket.getKey());
      }
      if (within != 0) {
        indexes.add(bounds.size());
        counts.add(within);
      }
      if (Double.isFinite(bucket.getKey())) {
        bounds.add(bucket.getKey());
      }
      before = bucket.getValue();
    }
    var positive = new Histogram.Buckets(indexes.stream().mapToInt(Integer::intValue).toArray(), doubles(counts));
    return new Histogram(Histogram.CUSTOM_SCHEMA, count, parts.sum.orElse(0), 0, 0, positive, Histogram.Buckets.NONE, doubles(bounds),
        Histogram.Reset.UNKNOWN);
  }

  private static double[] doubles(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
