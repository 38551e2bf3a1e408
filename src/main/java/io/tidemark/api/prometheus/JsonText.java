package io.tidemark.api.prometheus;

import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;
import io.tidemark.model.LabelSet;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Writes answers as JSON text by hand: matrices are the one place where a general writer would dominate the cost of a query.
public final class JsonText {
  private JsonText() {}

  /// Appends `text` as a JSON string. `<`, `>` and `&` are escaped too, so that an answer shown as a page stays inert.
  public static void string(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c == '\n') {
        out.append("\\n");
      } else if (c == '\t') {
        out.append("\\t");
      } else if (c == '\r') {
        out.append("\\r");
      } else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') {
        out.append("\\u").append(Character.forDigit(c >> 12, 16)).append(Character.forDigit(c >> 8 & 15, 16))
            .append(Character.forDigit(c >> 4 & 15, 16)).append(Character.forDigit(c & 15, 16));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  /// Appends labels as a JSON object, in label order.
  public static void labels(StringBuilder out, LabelSet labels) {
    out.append('{');
    for (int i = 0; i < labels.count(); i++) {
      if (i > 0) {
        out.append(',');
      }
      string(out, labels.name(i));
      out.append(':');
      string(out, labels.value(i));
    }
    out.append('}');
  }

  /// Appends a list of strings.
  public static void strings(StringBuilder out, List<String> texts) {
    out.append('[');
    for (int i = 0; i < texts.size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      string(out, texts.get(i));
    }
    out.append(']');
  }

  /// The whole answer of a query.
  ///
  /// @param stats the parameter `stats`: none, `all` for step by step, or anything else
  static String answer(QueryResult result, QueryRequest request, Optional<String> stats) {
    var out = new StringBuilder(1024);
    out.append("{\"status\":\"success\",\"data\":{\"resultType\":");
    switch (result.value()) {
      case Value.Scalar scalar -> {
        out.append("\"scalar\",\"result\":");
        point(out, scalar.timestampMillis(), scalar.value());
      }
      case Value.Text text -> {
        out.append("\"string\",\"result\":[");
        NumberText.appendSeconds(out, text.timestampMillis());
        out.append(',');
        string(out, text.value());
        out.append(']');
      }
      case Value.Vector vector -> {
        out.append("\"vector\",\"result\":[");
        boolean first = true;
        for (Value.Element element : vector.elements()) {
          out.append(first ? "" : ",").append("{\"metric\":");
          first = false;
          labels(out, element.labels());
          Histogram histogram = element.histogram();
          if (histogram == null) {
            out.append(",\"value\":");
            point(out, vector.timestampMillis(), element.value());
          } else {
            out.append(",\"histogram\":");
            point(out, vector.timestampMillis(), histogram);
          }
          out.append('}');
        }
        out.append(']');
      }
      case Value.Matrix matrix -> matrix(out, matrix);
    }
    stats.ifPresent(wanted -> stats(out, result, request, wanted.equals("all")));
    out.append('}');
    notes(out, "warnings", result.warnings());
    notes(out, "infos", result.infos());
    return out.append('}').toString();
  }

  private static void matrix(StringBuilder out, Value.Matrix matrix) {
    out.append("\"matrix\",\"result\":[");
    boolean first = true;
    for (Value.Series series : matrix.series()) {
      out.append(first ? "" : ",").append("{\"metric\":");
      first = false;
      labels(out, series.labels());
      if (series.histograms().length == 0) {
        out.append(",\"values\":[");
        for (int i = 0; i < series.count(); i++) {
          if (i > 0) {
            out.append(',');
          }
          point(out, series.timestampsMillis()[i], series.values()[i]);
        }
        out.append("]}");
      } else {
        numbersAndHistograms(out, series);
      }
    }
    out.append(']');
  }

  /// A list of the numbers and one of the histograms, each left out when it is empty.
  private static void numbersAndHistograms(StringBuilder out, Value.Series series) {
    var numbers = new StringBuilder();
    var histograms = new StringBuilder();
    for (int i = 0; i < series.count(); i++) {
      Histogram histogram = series.histogram(i);
      if (histogram == null) {
        numbers.append(numbers.isEmpty() ? "" : ",");
        point(numbers, series.timestampsMillis()[i], series.values()[i]);
      } else {
        histograms.append(histograms.isEmpty() ? "" : ",");
        point(histograms, series.timestampsMillis()[i], histogram);
      }
    }
    if (!numbers.isEmpty()) {
      out.append(",\"values\":[").append(numbers).append(']');
    }
    if (!histograms.isEmpty()) {
      out.append(",\"histograms\":[").append(histograms).append(']');
    }
    out.append('}');
  }

  /// `[time, {"count": …, "sum": …, "buckets": [[which bounds belong, lower, upper, count], …]}]`, empty buckets left out.
  private static void point(StringBuilder out, long timestampMillis, Histogram histogram) {
    out.append('[');
    NumberText.appendSeconds(out, timestampMillis);
    out.append(",{\"count\":\"");
    NumberText.append(out, histogram.count());
    out.append("\",\"sum\":\"");
    NumberText.append(out, histogram.sum());
    out.append('"');
    HistogramBuckets all = HistogramBuckets.of(histogram);
    for (int i = 0; i < all.count; i++) {
      out.append(i == 0 ? ",\"buckets\":[[" : ",[").append(boundsRule(all.holdsLower(i), all.holdsUpper(i))).append(",\"");
      NumberText.append(out, all.lower[i]);
      out.append("\",\"");
      NumberText.append(out, all.upper[i]);
      out.append("\",\"");
      NumberText.append(out, all.counts[i]);
      out.append("\"]").append(i == all.count - 1 ? "]" : "");
    }
    out.append("}]");
  }

  /// Prometheus' numbers for which bounds belong to a bucket.
  private static int boundsRule(boolean lower, boolean upper) {
    return lower ? upper ? 3 : 1 : upper ? 0 : 2;
  }

  private static void point(StringBuilder out, long timestampMillis, double value) {
    out.append('[');
    NumberText.appendSeconds(out, timestampMillis);
    out.append(",\"");
    NumberText.append(out, value);
    out.append("\"]");
  }

  private static void stats(StringBuilder out, QueryResult result, QueryRequest request, boolean perStep) {
    QueryResult.Stats stats = result.stats();
    out.append(",\"stats\":{\"timings\":{\"evalTotalTime\":")
        .append((stats.preparationNanos() + stats.evaluationNanos() + stats.sortNanos()) / 1e9)
        .append(",\"resultSortTime\":").append(stats.sortNanos() / 1e9)
        .append(",\"queryPreparationTime\":").append(stats.preparationNanos() / 1e9)
        .append(",\"innerEvalTime\":").append(stats.evaluationNanos() / 1e9)
        .append(",\"execQueueTime\":").append(stats.queuedNanos() / 1e9)
        .append(",\"execTotalTime\":").append(stats.totalNanos() / 1e9).append("},\"samples\":{");
    if (perStep) {
      out.append("\"totalQueryableSamplesPerStep\":[");
      for (int step = 0; step < stats.samplesPerStep().length; step++) {
        out.append(step == 0 ? "[" : ",[");
        NumberText.appendSeconds(out, request.startMillis() + step * request.stepMillis());
        out.append(',').append(stats.samplesPerStep()[step]).append(']');
      }
      out.append("],");
    }
    out.append("\"totalQueryableSamples\":").append(Arrays.stream(stats.samplesPerStep()).sum())
        .append(",\"peakSamples\":").append(stats.peakSamples()).append("}}");
  }

  /// Appends `,"name":[…]` unless there is nothing to say.
  static void notes(StringBuilder out, String name, List<String> texts) {
    if (!texts.isEmpty()) {
      out.append(",\"").append(name).append("\":");
      strings(out, texts);
    }
  }
}
