package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Histograms whose counts are all in proportion to a counter: what is added and multiplied of them must be in the same proportion to
/// what the reference engine makes of the counter.
class HistogramReferencePropertyTest {
  private static final int QUERIES = 400;
  private static final double SUM_OF_ONE = 7;

  private final Random random = new Random(20_262);
  private final QueryGenerator generator = new QueryGenerator(random);
  private final MemoryReader counters = new MemoryReader();
  private final MemoryReader histograms = new MemoryReader();
  private final QueryEngine engine = new QueryEngine(histograms, QueryConfig.DEFAULT, Runnable::run, Clock.system(), new Metrics());

  /// A quarter of `count` in each of two positive buckets, a quarter below zero, a quarter at zero.
  private static Histogram ofCount(double count) {
    double quarter = count / 4;
    return new Histogram(1, count, count * SUM_OF_ONE, 0.5, quarter,
        new Histogram.Buckets(new int[] {1, 5}, new double[] {quarter, quarter}),
        new Histogram.Buckets(new int[] {2}, new double[] {quarter}), new double[0], Histogram.Reset.UNKNOWN);
  }

  @Test
  void linearQueriesKeepTheProportions() {
    generator.load(counters);
    counters.forEach((labels, samples) -> samples.forEach((at, value) -> {
      if (Stale.is(value)) {
        histograms.add(labels, at, value);
      } else {
        histograms.add(labels, at, ofCount(value));
      }
    }));
    int compared = 0;
    for (int i = 0; i < QUERIES; i++) {
      String query = generator.linear(3);
      long start = 600_000 + random.nextInt(600_000);
      compared += compare(query, start, start + random.nextInt(1_500_000), 500 + random.nextInt(200_000));
    }
    assertTrue(compared > 2_000, "only " + compared + " samples of generated queries were compared");
  }

  private int compare(String query, long start, long end, long step) {
    Expr expr = PromQL.parse(query, Features.STANDARD);
    String place = query + " from " + start + " to " + end + " step " + step;
    var future = engine.run(expr, new QueryRequest(query, start, end, step, 0, 0, true));
    Map<LabelSet, Map<Long, Double>> expected = new TreeMap<>();
    var reference = new ReferenceEngine(counters, start, end);
    try {
      for (long t = start; t <= end; t += step) {
        long at = t;
        reference.vector(expr, t).forEach((labels, value) -> expected.computeIfAbsent(labels, _ -> new HashMap<>()).put(at, value));
      }
    } catch (IllegalStateException e) {
      assertTrue(future.failed(), () -> place + " should fail: " + e.getMessage());
    }
    if (future.failed()) {
      assertEquals(ErrorCode.EXECUTION, ((TidemarkException) future.cause()).code(), () -> place + ": " + future.cause());
      return 0;
    }
    var matrix = (Value.Matrix) future.result().value();
    assertEquals(expected.keySet(), new TreeMap<>(found(matrix)).keySet(), place);
    int compared = 0;
    for (Value.Series series : matrix.series()) {
      Map<Long, Double> points = expected.get(series.labels());
      assertEquals(points.size(), series.count(), () -> place + " " + series.labels());
      for (int i = 0; i < series.count(); i++) {
        long at = series.timestampsMillis()[i];
        Histogram histogram = series.histogram(i);
        assertNotNull(histogram, () -> place + " " + series.labels() + " at " + at + " has a number");
        check(points.get(at), histogram, place + " " + series.labels() + " at " + at);
        compared++;
      }
    }
    return compared;
  }

  private static Map<LabelSet, Value.Series> found(Value.Matrix matrix) {
    var found = new HashMap<LabelSet, Value.Series>();
    matrix.series().forEach(series -> found.put(series.labels(), series));
    return found;
  }

  private static void check(double count, Histogram found, String place) {
    near(count, found.count(), place);
    near(count * SUM_OF_ONE, found.sum(), place);
    near(count / 4, found.zeroCount(), place);
    for (Histogram.Buckets side : new Histogram.Buckets[] {found.positive(), found.negative()}) {
      double total = 0;
      for (double bucket : side.counts()) {
        total += bucket;
      }
      near(side == found.positive() ? count / 2 : count / 4, total, place);
    }
  }

  private static void near(double expected, double found, String place) {
    assertTrue(Math.abs(expected - found) <= 1e-9 * (Math.abs(expected) + Math.abs(found)) + 1e-6,
        () -> place + ": expected " + expected + ", found " + found);
  }
}
