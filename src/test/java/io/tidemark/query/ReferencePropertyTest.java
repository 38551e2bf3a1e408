package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Columns and the obvious way agree on generated data and queries, over ranges and at single times.
class ReferencePropertyTest {
  private static final long SEED = 20_261;
  private static final int QUERIES = 2_000;

  private final Random random = new Random(SEED);
  private final QueryGenerator generator = new QueryGenerator(random);
  private final MemoryReader reader = new MemoryReader();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, Clock.system(), new Metrics());

  @Test
  void columnsAgreeWithTheObviousWay() {
    generator.load(reader);
    int answered = 0;
    for (int i = 0; i < QUERIES; i++) {
      String query = generator.vector(3);
      long start = 600_000 + random.nextInt(600_000);
      long step = 500 + random.nextInt(200_000);
      long end = start + random.nextInt(1_500_000);
      Optional<TidemarkException> failure = compare(query, start, end, step);
      answered += failure.isEmpty() ? 1 : 0;
      compare(query, start, start, 0);
    }
    assertTrue(answered > QUERIES / 2, "only " + answered + " of " + QUERIES + " generated queries have an answer");
  }

  private Optional<TidemarkException> compare(String query, long start, long end, long step) {
    Expr expr = PromQL.parse(query, Features.STANDARD);
    var future = engine.run(expr, new QueryRequest(query, start, end, step, 0, 0, true));
    var reference = new ReferenceEngine(reader, start, end);
    Map<LabelSet, Map<Long, Double>> expected = new TreeMap<>();
    String place = query + " from " + start + " to " + end + " step " + step;
    try {
      for (long t = start; t <= end; t += Math.max(step, 1)) {
        long at = t;
        reference.vector(expr, t).forEach((labels, value) -> expected.computeIfAbsent(labels, _ -> new HashMap<>()).put(at, value));
        if (step == 0) {
          break;
        }
      }
    } catch (IllegalStateException e) {
      assertTrue(future.failed(), () -> place + " should fail: " + e.getMessage());
    }
    if (future.failed()) {
      // A range function refuses two series of one label set even at different steps; the reference only sees single steps.
      TidemarkException failure = (TidemarkException) future.cause();
      assertEquals(ErrorCode.EXECUTION, failure.code(), () -> place + ": " + failure);
      return Optional.of(failure);
    }
    Map<LabelSet, Map<Long, Double>> actual = new TreeMap<>();
    switch (future.result().value()) {
      case Value.Vector vector -> vector.elements().forEach(e -> actual.put(e.labels(), new HashMap<>(Map.of(start, e.value()))));
      case Value.Matrix matrix -> matrix.series().forEach(series -> {
        var points = new HashMap<Long, Double>();
        for (int i = 0; i < series.count(); i++) {
          points.put(series.timestampsMillis()[i], series.values()[i]);
        }
        actual.put(series.labels(), points);
      });
      default -> throw new AssertionError(place);
    }
    assertEquals(expected.keySet(), actual.keySet(), place);
    expected.forEach((labels, points) -> {
      assertEquals(points.keySet(), actual.get(labels).keySet(), () -> place + " " + labels);
      points.forEach((at, value) -> {
        double got = actual.get(labels).get(at);
        assertTrue(near(value, got), () -> place + " " + labels + " at " + at + ": expected " + value + ", got " + got);
      });
    });
    return Optional.empty();
  }

  private static boolean near(double a, double b) {
    return Double.isNaN(a) && Double.isNaN(b) || a == b || Math.abs(a - b) <= 1e-9 * (Math.abs(a) + Math.abs(b)) + 1e-6;
  }
}
