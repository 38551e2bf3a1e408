package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
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
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Columns and the obvious way agree on generated data and queries, over ranges and at single times.
class ReferencePropertyTest {
  private static final long SEED = 20_261;
  private static final int QUERIES = 2_000;
  private static final String[] OVER = {"rate", "increase", "delta", "idelta", "resets", "changes", "sum_over_time", "avg_over_time",
      "min_over_time", "max_over_time", "count_over_time", "last_over_time", "stdvar_over_time", "quantile_over_time(0.3, "};
  private static final String[] AGGREGATES = {"sum", "avg", "count", "min", "max", "group", "stdvar"};
  private static final String[] OPERATORS = {"+", "-", "*", "/", "%", ">", "<=", "==", "!=", "> bool", "and", "or", "unless"};

  private final Random random = new Random(SEED);
  private final MemoryReader reader = new MemoryReader();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, Clock.system(), new Metrics());

  private void load() {
    for (String name : new String[] {"a_total", "b_total"}) {
      for (int i = 0; i < 6; i++) {
        LabelSet labels = LabelSet.of(LabelSet.NAME, name, "x", "x" + i % 2, "y", "y" + i / 2);
        double value = 0;
        long at = random.nextInt(60_000);
        while (at < 3_600_000) {
          int kind = random.nextInt(30);
          value = kind == 0 ? random.nextInt(3) : value + random.nextInt(10);
          reader.add(labels, at, kind == 1 ? Stale.VALUE : value);
          at += random.nextInt(20) == 0 ? 400_000 : random.nextInt(3) == 0 ? 1 + random.nextInt(30_000) : 15_000;
        }
      }
    }
  }

  private String pick(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private String shift() {
    return pick("", "", "", " offset 1m", " offset -90s", " @ 1800", " @ end()", " @ start() offset 10s");
  }

  private String selector() {
    return pick("a_total", "b_total", "a_total{x=\"x0\"}", "b_total{y!=\"y1\"}", "{__name__=~\"[ab]_total\",y=\"y2\"}");
  }

  private String range(int depth) {
    return depth > 0 && random.nextInt(4) == 0
        ? "(" + vector(depth - 1) + ")[" + pick("5m", "11m", "3m30s") + ":" + pick("", "30s", "1m17s") + "]" + shift()
        : selector() + "[" + pick("1m", "5m", "15s", "17m") + "]" + shift();
  }

  private String grouping() {
    return pick("", " by (x)", " by (x, y)", " without (y)", " by (__name__)", " without ()");
  }

  private String vector(int depth) {
    switch (depth == 0 ? random.nextInt(2) : random.nextInt(7)) {
      case 0:
        return selector() + shift();
      case 1:
        String function = pick(OVER);
        return function + (function.endsWith(" ") ? "" : "(") + range(depth) + ")";
      case 2, 3:
        return pick(AGGREGATES) + grouping() + " (" + vector(depth - 1) + ")";
      case 4:
        String arithmetic = pick(OPERATORS[0], OPERATORS[2], OPERATORS[5], OPERATORS[9]);
        return "(" + vector(depth - 1) + ") " + arithmetic + " " + pick("2", "time()", "0.5");
      case 5:
        return pick("-(", "abs(") + vector(depth - 1) + ")";
      default:
        String operator = pick(OPERATORS);
        String group = operator.matches("and|or|unless") || random.nextInt(3) > 0 ? "" : "group_left () ";
        return "(" + vector(depth - 1) + ") " + operator + pick(" ", " on (x, y) ", " on (x) " + group, " ignoring (y) " + group)
            + "(" + vector(depth - 1) + ")";
    }
  }

  @Test
  void columnsAgreeWithTheObviousWay() {
    load();
    int answered = 0;
    for (int i = 0; i < QUERIES; i++) {
      String query = vector(3);
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
