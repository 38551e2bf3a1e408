package io.tidemark.api.prometheus;

import io.tidemark.model.LabelSet;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import java.util.List;

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
  /// @param withStats whether the caller asked for `stats`
  static String answer(QueryResult result, boolean withStats) {
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
          out.append(",\"value\":");
          point(out, vector.timestampMillis(), element.value());
          out.append('}');
        }
        out.append(']');
      }
      case Value.Matrix matrix -> matrix(out, matrix);
    }
    if (withStats) {
      stats(out, result.stats());
    }
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
      out.append(",\"values\":[");
      for (int i = 0; i < series.count(); i++) {
        if (i > 0) {
          out.append(',');
        }
        point(out, series.timestampsMillis()[i], series.values()[i]);
      }
      out.append("]}");
    }
    out.append(']');
  }

  private static void point(StringBuilder out, long timestampMillis, double value) {
    out.append('[');
    NumberText.appendSeconds(out, timestampMillis);
    out.append(",\"");
    NumberText.append(out, value);
    out.append("\"]");
  }

  private static void stats(StringBuilder out, QueryResult.Stats stats) {
    out.append(",\"stats\":{\"timings\":{\"evalTotalTime\":").append(stats.evaluationNanos() / 1e9)
        .append(",\"resultSortTime\":0,\"queryPreparationTime\":0,\"innerEvalTime\":").append(stats.evaluationNanos() / 1e9)
        .append(",\"execQueueTime\":").append(stats.queuedNanos() / 1e9)
        .append(",\"execTotalTime\":").append((stats.queuedNanos() + stats.evaluationNanos()) / 1e9)
        .append("},\"samples\":{\"totalQueryableSamples\":").append(stats.samples())
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
