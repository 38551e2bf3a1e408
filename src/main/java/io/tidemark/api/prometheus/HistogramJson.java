package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import io.tidemark.model.Histogram;
import io.tidemark.model.HistogramBuckets;

/// A native histogram as Prometheus' JSON has it:
/// `{"count":"…","sum":"…","buckets":[[which bounds belong, "lower", "upper", "count"], …]}`, empty buckets left out.
final class HistogramJson {
  private static final byte[] COUNT = Piece.ascii("{\"count\":\"");
  private static final byte[] SUM = Piece.ascii("\",\"sum\":\"");
  private static final byte[] BUCKETS = Piece.ascii("\",\"buckets\":[");
  private static final byte[] NEXT = Piece.ascii("\",\"");

  private HistogramJson() {}

  static void add(Piece out, NumberText numbers, Histogram histogram) {
    out.add(COUNT);
    number(out, numbers, histogram.count());
    out.add(SUM);
    number(out, numbers, histogram.sum());
    HistogramBuckets buckets = HistogramBuckets.of(histogram);
    if (buckets.count == 0) {
      out.add('"');
    } else {
      out.add(BUCKETS);
      for (int i = 0; i < buckets.count; i++) {
        bucket(out, numbers, buckets, i);
      }
      out.add(']');
    }
    out.add('}');
  }

  private static void bucket(Piece out, NumberText numbers, HistogramBuckets buckets, int i) {
    if (i > 0) {
      out.add(',');
    }
    out.add('[');
    out.add('0' + rule(buckets.holdsLower(i), buckets.holdsUpper(i)));
    out.add(',');
    out.add('"');
    number(out, numbers, buckets.lower[i]);
    out.add(NEXT);
    number(out, numbers, buckets.upper[i]);
    out.add(NEXT);
    number(out, numbers, buckets.counts[i]);
    out.add('"');
    out.add(']');
  }

  private static void number(Piece out, NumberText numbers, double value) {
    numbers.add(out, value, NumberText.Style.JSON);
  }

  /// Prometheus' numbers for which bounds belong to a bucket.
  private static int rule(boolean lower, boolean upper) {
    return lower ? upper ? 3 : 1 : upper ? 0 : 2;
  }
}
