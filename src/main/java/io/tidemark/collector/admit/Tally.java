package io.tidemark.collector.admit;

import java.util.EnumMap;
import java.util.Map;

/// Counts what became of one request's samples. Keeps one example for each rule, so its size does not depend on the input. One
/// thread.
public final class Tally {
  private static final Rule[] RULES = Rule.values();
  /// Longest example kept, in characters.
  private static final int EXAMPLE_CHARS_MAX = 600;

  private final long[] rejected = new long[RULES.length];
  private final Map<Rule, String> examples = new EnumMap<>(Rule.class);
  private long accepted;
  private long histograms;
  private long exemplars;
  private long exemplarsRefused;

  public void accept(long samples) {
    accepted += samples;
  }

  /// Counts `samples` under `rule`; true when the rule has no example yet and the caller should give one.
  public boolean reject(Rule rule, long samples) {
    rejected[rule.ordinal()] += samples;
    return !examples.containsKey(rule);
  }

  /// Keeps `text` as the example of `rule`: which sample, which label, which bound.
  public void example(Rule rule, String text) {
    examples.putIfAbsent(rule, shorten(text, EXAMPLE_CHARS_MAX));
  }

  /// `text`, or its beginning when it is longer than `chars`.
  public static String shorten(String text, int chars) {
    return text.length() <= chars ? text : text.substring(0, chars) + "…";
  }

  /// Counts a sample that is a histogram, besides {@link #accept}.
  public void acceptHistogram() {
    histograms++;
  }

  public void acceptExemplar() {
    exemplars++;
  }

  /// Counts an exemplar that is not kept; the sample beside it may be.
  public void refuseExemplar() {
    exemplarsRefused++;
  }

  public long accepted() {
    return accepted;
  }

  public long rejected() {
    long sum = 0;
    for (long count : rejected) {
      sum += count;
    }
    return sum;
  }

  public long rejected(Rule rule) {
    return rejected[rule.ordinal()];
  }

  /// The example of `rule`, or the empty string.
  public String example(Rule rule) {
    return examples.getOrDefault(rule, "");
  }

  /// How many of the accepted samples are histograms.
  public long histograms() {
    return histograms;
  }

  public long exemplars() {
    return exemplars;
  }

  public long exemplarsRefused() {
    return exemplarsRefused;
  }
}
