package io.tidemark.query.script;

import io.tidemark.model.Histogram;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A histogram as scripts write it: `{{schema:0 count:4 sum:5 buckets:[1 2 1]}}`.
///
/// @param hint what the literal says of the sample before, if it says anything
record HistogramLiteral(Histogram histogram, Optional<Histogram.Reset> hint) {
  private static final Pattern ENTRY = Pattern.compile("([a-z_]+):(\\[[^\\]]*]|\\S+)\\s*");
  private static final List<String> KEYS = List.of("schema", "count", "sum", "z_bucket", "z_bucket_w", "buckets", "offset", "n_buckets",
      "n_offset", "custom_values", "counter_reset_hint");
  private static final Map<String, Histogram.Reset> HINTS = Map.of("unknown", Histogram.Reset.UNKNOWN, "reset", Histogram.Reset.YES,
      "not_reset", Histogram.Reset.NO, "gauge", Histogram.Reset.GAUGE);

  /// @param text from `{{` to `}}`
  static HistogramLiteral parse(String text) {
    Map<String, String> entries = entries(text);
    int schema = Integer.parseInt(entries.getOrDefault("schema", "0"));
    Optional<Histogram.Reset> hint = Optional.ofNullable(entries.get("counter_reset_hint")).map(word -> hint(text, word));
    return new HistogramLiteral(new Histogram(schema, number(entries, "count"), number(entries, "sum"), number(entries, "z_bucket_w"),
        number(entries, "z_bucket"), buckets(entries, "buckets", "offset"), buckets(entries, "n_buckets", "n_offset"),
        numbers(entries, "custom_values"), hint.orElse(Histogram.Reset.UNKNOWN)), hint);
  }

  private static Map<String, String> entries(String text) {
    var entries = new HashMap<String, String>();
    String inside = text.substring(2, text.length() - 2).strip();
    Matcher entry = ENTRY.matcher(inside);
    int at = 0;
    while (at < inside.length()) {
      if (!entry.region(at, inside.length()).lookingAt() || !KEYS.contains(entry.group(1))) {
        throw new IllegalArgumentException("\"" + inside.substring(at) + "\" in " + text + " does not begin with one of " + KEYS
            + " and its value");
      }
      entries.put(entry.group(1), entry.group(2));
      at = entry.end();
    }
    return entries;
  }

  private static Histogram.Reset hint(String text, String word) {
    Histogram.Reset hint = HINTS.get(word);
    if (hint == null) {
      throw new IllegalArgumentException("counter_reset_hint \"" + word + "\" in " + text + " is none of " + HINTS.keySet());
    }
    return hint;
  }

  private static double number(Map<String, String> entries, String key) {
    String text = entries.get(key);
    return text == null ? 0 : SeriesLine.number(text);
  }

  private static double[] numbers(Map<String, String> entries, String key) {
    String text = entries.getOrDefault(key, "[]");
    String inside = text.substring(1, text.length() - 1).strip();
    return inside.isEmpty() ? new double[0] : Arrays.stream(inside.split("\\s+")).mapToDouble(SeriesLine::number).toArray();
  }

  private static Histogram.Buckets buckets(Map<String, String> entries, String key, String offset) {
    double[] counts = numbers(entries, key);
    if (counts.length == 0) {
      return Histogram.Buckets.NONE;
    }
    int first = Integer.parseInt(entries.getOrDefault(offset, "0"));
    var indexes = new int[counts.length];
    Arrays.setAll(indexes, i -> first + i);
    return new Histogram.Buckets(indexes, counts);
  }
}
