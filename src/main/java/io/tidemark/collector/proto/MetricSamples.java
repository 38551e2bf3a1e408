package io.tidemark.collector.proto;

import java.util.Arrays;

/// The samples that one `Metric` of a protobuf exposition comes to, and where their exemplars lie. Reused; one thread.
final class MetricSamples {
  /// A series of the family's own name; the sum, count, or a bucket of a histogram or summary; a quantile; a native histogram.
  enum Kind {
    PLAIN(""), SUM("_sum"), COUNT("_count"), BUCKET("_bucket"), QUANTILE(""), NATIVE("");

    /// What the series' name has behind the family's.
    final String suffix;

    Kind(String suffix) {
      this.suffix = suffix;
    }
  }

  private Kind[] kinds = new Kind[32];
  private double[] bounds = new double[32];
  private double[] values = new double[32];
  private int count;
  /// Begin and end of each.
  private int[] exemplars = new int[32];
  private int[] exemplarOf = new int[16];
  private int exemplarCount;

  void clear() {
    count = 0;
    exemplarCount = 0;
  }

  int count() {
    return count;
  }

  /// @param bound of a bucket or quantile
  void add(Kind kind, double bound, double value) {
    if (count == kinds.length) {
      kinds = Arrays.copyOf(kinds, count * 2);
      bounds = Arrays.copyOf(bounds, count * 2);
      values = Arrays.copyOf(values, count * 2);
    }
    kinds[count] = kind;
    bounds[count] = bound;
    values[count++] = value;
  }

  Kind kind(int sample) {
    return kinds[sample];
  }

  double bound(int sample) {
    return bounds[sample];
  }

  double value(int sample) {
    return values[sample];
  }

  /// Keeps the exemplar that `reader` stands at as one of the sample `sample`, which may be added later.
  void addExemplar(ProtoReader reader, int sample) {
    if (exemplarCount == exemplarOf.length) {
      exemplarOf = Arrays.copyOf(exemplarOf, exemplarCount * 2);
      exemplars = Arrays.copyOf(exemplars, exemplarCount * 4);
    }
    int length = reader.length();
    exemplars[exemplarCount * 2] = reader.at();
    exemplars[exemplarCount * 2 + 1] = reader.at() + length;
    exemplarOf[exemplarCount++] = sample;
    reader.moveTo(reader.at() + length);
  }

  int exemplarCount() {
    return exemplarCount;
  }

  /// Lets go of the exemplars from number `from` on.
  void forgetExemplars(int from) {
    exemplarCount = from;
  }

  /// The next exemplar of a sample from number `from` on, or -1.
  int nextExemplar(int sample, int from) {
    for (int i = from; i < exemplarCount; i++) {
      if (exemplarOf[i] == sample) {
        return i;
      }
    }
    return -1;
  }

  int exemplarFrom(int number) {
    return exemplars[number * 2];
  }

  int exemplarTo(int number) {
    return exemplars[number * 2 + 1];
  }
}
