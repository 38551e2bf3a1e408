package io.tidemark.query.script;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.promql.PromQL;
import io.tidemark.query.kernel.HistogramSum;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One series of a script: labels and what it has at each step.
///
/// @param startTimes whether this line gives start timestamps (`metric@st …`) and not samples
record SeriesLine(LabelSet labels, List<Point> points, boolean startTimes) {
  private static final String NUMBER = "[+-]?(?i:inf|nan|(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?)";
  private static final String UNITS = "[+-]?(?:\\d+(?:ms|[ywdhms]))+";
  private static final Pattern ITEM = Pattern.compile("(?<first>_|stale|" + UNITS + "|" + NUMBER + ")(?<step>[+-](?:"
      + UNITS.substring(5) + "|" + NUMBER.substring(5) + "))?(?:x(?<times>\\d+))?");
  private static final Pattern HISTOGRAM = Pattern.compile(
      "(?<first>\\{\\{[^}]*}})(?:(?<sign>[+-])(?<step>\\{\\{[^}]*}}))?(?:x(?<times>\\d+))?");
  private static final int POINTS_MAX = 1_000_000;

  /// What one step holds.
  sealed interface Point {
    /// No sample.
    record Gap() implements Point {}

    record Value(double value) implements Point {}

    /// A native histogram; `hinted` when it says what is known of the sample before.
    record Histogram(io.tidemark.model.Histogram histogram, boolean hinted) implements Point {}
  }

  SeriesLine {
    points = List.copyOf(points);
  }

  static SeriesLine parse(String line) {
    int end = metricEnd(line);
    String metric = line.substring(0, end);
    boolean startTimes = metric.endsWith("@st");
    String labels = startTimes ? metric.substring(0, metric.length() - "@st".length()) : metric;
    return new SeriesLine(PromQL.parseLabels(labels), points(line.substring(end).strip()), startTimes);
  }

  private static int metricEnd(String line) {
    int at = 0;
    boolean braces = false;
    while (at < line.length()) {
      char c = line.charAt(at);
      if (braces && (c == '"' || c == '\'' || c == '`')) {
        at = stringEnd(line, at);
        continue;
      }
      if (!braces && Character.isWhitespace(c)) {
        return at;
      }
      braces = c == '{' || braces && c != '}';
      at++;
    }
    return at;
  }

  private static int stringEnd(String line, int start) {
    char quote = line.charAt(start);
    int at = start + 1;
    while (at < line.length() && line.charAt(at) != quote) {
      at += line.charAt(at) == '\\' && quote != '`' ? 2 : 1;
    }
    return Math.min(line.length(), at + 1);
  }

  private static List<Point> points(String sequence) {
    var points = new ArrayList<Point>();
    int at = 0;
    while (at < sequence.length()) {
      if (Character.isWhitespace(sequence.charAt(at))) {
        at++;
        continue;
      }
      boolean histogram = sequence.startsWith("{{", at);
      Matcher item = (histogram ? HISTOGRAM : ITEM).matcher(sequence).region(at, sequence.length());
      if (!item.lookingAt() || item.end() < sequence.length() && !Character.isWhitespace(sequence.charAt(item.end()))) {
        throw new IllegalArgumentException("\"" + sequence.substring(at) + "\" does not begin with a value such as 1, 1+2x3, _x4 or stale");
      }
      int times = item.group("times") == null ? -1 : Integer.parseInt(item.group("times"));
      if (points.size() + times > POINTS_MAX) {
        throw new IllegalArgumentException("more than " + POINTS_MAX + " values in one line");
      }
      if (histogram) {
        histograms(points, item, Math.max(0, times) + 1);
      } else if (item.group("first").equals("_")) {
        repeat(points, new Point.Gap(), times < 0 ? 1 : times);
      } else {
        values(points, item, Math.max(0, times) + 1);
      }
      at = item.end();
    }
    return points;
  }

  private static void repeat(List<Point> points, Point point, int count) {
    for (int i = 0; i < count; i++) {
      points.add(point);
    }
  }

  private static void histograms(List<Point> points, Matcher item, int count) {
    HistogramLiteral first = HistogramLiteral.parse(item.group("first"));
    if (item.group("step") == null) {
      repeat(points, new Point.Histogram(first.histogram(), first.hint().isPresent()), count);
      return;
    }
    HistogramLiteral step = HistogramLiteral.parse(item.group("step"));
    boolean minus = item.group("sign").equals("-");
    io.tidemark.model.Histogram value = first.histogram();
    for (int i = 0; i < count; i++) {
      points.add(new Point.Histogram(value, first.hint().isPresent()));
      HistogramSum next = new HistogramSum(value);
      if (!next.accepts(step.histogram())) {
        throw new IllegalArgumentException(item.group("first") + " and " + item.group("step") + " have buckets of different kinds");
      }
      next.add(step.histogram(), minus ? -1 : 1);
      value = next.result(value.reset());
    }
  }

  private static void values(List<Point> points, Matcher item, int count) {
    double value = number(item.group("first"));
    double step = item.group("step") == null ? 0 : number(item.group("step"));
    for (int i = 0; i < count; i++) {
      points.add(new Point.Value(value));
      // Only added where asked for: a stale marker plus 0 is another NaN. Repeated addition keeps the format's rounding.
      value = item.group("step") == null ? value : value + step;
    }
  }

  /// A number as scripts write it: decimal, octal, `Inf`, `NaN`, `stale` or a duration in seconds.
  static double number(String text) {
    String digits = text.startsWith("+") || text.startsWith("-") ? text.substring(1) : text;
    double sign = text.startsWith("-") ? -1 : 1;
    if (digits.equals("stale")) {
      return Stale.VALUE;
    }
    if (digits.equalsIgnoreCase("inf")) {
      return sign * Double.POSITIVE_INFINITY;
    }
    if (digits.equalsIgnoreCase("nan")) {
      return Double.NaN;
    }
    if (digits.matches("0[0-7]+")) {
      return sign * Long.parseLong(digits, 8);
    }
    return sign * (digits.matches(UNITS) ? Times.parse(digits) / 1000.0 : Double.parseDouble(digits));
  }
}
