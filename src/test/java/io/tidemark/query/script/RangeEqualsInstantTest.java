package io.tidemark.query.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.query.QueryConfig;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// A range query is many instant queries: random queries over random data must answer the same both ways.
class RangeEqualsInstantTest {
  private static final int QUERIES = Integer.getInteger("tidemark.test.queries", 1000);
  private static final int DATA_SETS = 7;
  private static final long START = 60_000;
  private static final long STEP = 37_000;
  private static final int STEPS = 12;

  /// Writes queries about `a`, `b` and `h_bucket`.
  private static final class Writer {
    private final Random random;

    Writer(long seed) {
      random = new Random(seed);
    }

    private String one(String... texts) {
      return texts[random.nextInt(texts.length)];
    }

    String vector(int depth) {
      if (depth == 0) {
        return selector() + shift();
      }
      return switch (random.nextInt(14)) {
        case 0 -> one("rate", "increase", "delta", "irate", "idelta", "deriv", "resets", "changes") + "(" + matrix(depth) + ")";
        case 1 -> one("sum", "avg", "min", "max", "count", "last", "first", "present", "stddev", "stdvar", "absent") + "_over_time("
            + matrix(depth) + ")";
        case 2 -> "quantile_over_time(" + one("0.5", "0", "1.2", "-1", "0.9") + ", " + matrix(depth) + ")";
        case 3 -> one("sum", "avg", "min", "max", "count", "stddev", "stdvar", "group")
            + one(" ", " by (j) ", " without (i) ", " by (j, __name__) ") + "(" + vector(depth - 1) + ")";
        // Among equal values the first one counts, and only of a selector is the order the same both ways.
        case 4 -> one("topk", "bottomk") + one("", " by (j) ") + "(" + one("1", "2", "5", "0") + ", " + vector(0) + ")";
        case 5 -> "quantile" + one("", " by (j) ") + "(" + one("0.3", "0.5") + ", " + vector(depth - 1) + ")";
        case 6 -> "(" + vector(depth - 1) + ")" + one(" + ", " - ", " * ", " / ", " % ", " ^ ", " > ", " == ", " <= bool ")
            + one("", "on (i, j) ", "ignoring (k) ") + "(" + vector(depth - 1) + ")";
        case 7 -> "(" + vector(depth - 1) + ")" + one(" + ", " > ", " != bool ", " atan2 ", " ^ ") + one("2", "time()", "-.5",
            "scalar(b)");
        case 8 -> "(" + vector(depth - 1) + ")" + one(" and ", " or ", " unless ") + one("", "on (j) ", "ignoring (i) ") + "("
            + vector(depth - 1) + ")";
        case 9 -> "(" + vector(depth - 1) + ") * on (j) group_left () (max by (j) (" + vector(depth - 1) + "))";
        case 10 -> one("abs", "ceil", "sgn", "-", "exp", "sqrt", "absent", "timestamp", "round", "hour") + "(" + vector(depth - 1) + ")";
        case 11 -> one("clamp(", "clamp(") + vector(depth - 1) + ", 1, " + one("3", "0", "time()") + ")";
        case 12 -> "label_replace(" + vector(depth - 1) + ", \"n\", \"$1-x\", \"i\", \"(.*)\")";
        default -> "histogram_quantile(" + one("0.5", "0.99", "scalar(b{i=\"0\"})") + ", " + one("h_bucket", "rate(h_bucket[2m])") + ")";
      };
    }

    private String matrix(int depth) {
      return random.nextInt(3) > 0 ? selector() + "[" + one("1m", "90s", "5m", "15s") + "]" + shift()
          : "(" + vector(depth - 1) + ")[" + one("2m", "5m") + ":" + one("", "20s", "50s") + "]" + shift();
    }

    private String shift() {
      return one("", "", "", " offset 1m", " offset -30s", " @ 200", " @ 100 offset 20s");
    }

    private String selector() {
      return one("a", "a{i=\"1\"}", "b", "b{j!=\"x\"}", "{__name__=~\"a|b\"}", "a{i=~\"0|2\"}", "none");
    }
  }

  private static QueryEngine engine(long seed) {
    return new QueryEngine(data(seed), QueryConfig.DEFAULT.withFeatures(Features.ALL_SYNTAX), Runnable::run, Clock.system(), new Metrics());
  }

  private static ScriptStore data(long seed) {
    var random = new Random(seed);
    var script = new StringBuilder("load 10s\n");
    for (String metric : List.of("a", "b")) {
      for (int i = 0; i < 4; i++) {
        script.append(metric).append("{i=\"").append(i).append("\", j=\"").append(i % 2 == 0 ? "x" : "y").append("\"}");
        double value = random.nextInt(10);
        for (int n = 0; n < 60; n++) {
          value = switch (random.nextInt(14)) {
            case 0 -> 0;
            case 1 -> -value;
            default -> value + random.nextInt(5);
          };
          script.append(' ').append(switch (random.nextInt(20)) {
            case 0, 1 -> "_";
            case 2 -> "_x" + random.nextInt(12);
            case 3 -> "stale";
            case 4 -> "NaN";
            default -> Double.toString(value);
          });
        }
        script.append('\n');
      }
    }
    for (String le : List.of("0.1 0+1x60", "1 0+3x60", "+Inf 0+4x60")) {
      script.append("h_bucket{le=\"").append(le.replaceFirst(" ", "\"} ")).append('\n');
    }
    var store = new ScriptStore();
    ScriptParser.parse("random", script.toString()).forEach(command -> store.load((Command.Load) command));
    return store;
  }

  private static Object answer(QueryEngine engine, QueryRequest request) {
    var future = engine.run(request);
    if (future.succeeded()) {
      return future.result();
    }
    return future.cause() instanceof TidemarkException e ? e.getMessage() : new AssertionError(request.text(), future.cause());
  }

  @Test
  void answersTheSameStepByStep() {
    int compared = 0;
    List<QueryEngine> engines = LongStream.range(0, DATA_SETS).mapToObj(RangeEqualsInstantTest::engine).toList();
    for (long seed = 0; seed < QUERIES; seed++) {
      String query = new Writer(seed).vector(1 + (int) (seed % 3));
      QueryEngine engine = engines.get((int) (seed % DATA_SETS));
      Object range = answer(engine, QueryRequest.range(query, START, START + STEPS * STEP, STEP));
      String place = "seed " + seed + ": " + query;
      for (int i = 0; i <= STEPS; i++) {
        long at = START + i * STEP;
        Object instant = answer(engine, QueryRequest.instant(query, at));
        if (range instanceof QueryResult many && instant instanceof QueryResult one) {
          assertSame(((Value.Vector) one.value()).elements(), Comparison.slice((Value.Matrix) many.value(), at), place + " at " + at);
          compared++;
        } else if (instant instanceof String failure) {
          assertTrue(range instanceof String, place + " fails at " + at + " alone: " + failure);
        } else if (range instanceof AssertionError error) {
          throw error;
        } else if (instant instanceof AssertionError error) {
          throw error;
        }
      }
    }
    assertTrue(compared > QUERIES * STEPS / 2, "only " + compared + " answers were compared");
  }

  private static void assertSame(List<Value.Element> expected, List<Value.Element> found, String place) {
    var left = new TreeMap<LabelSet, Double>();
    var right = new TreeMap<LabelSet, Double>();
    expected.forEach(element -> left.put(element.labels(), element.value()));
    found.forEach(element -> right.put(element.labels(), element.value()));
    assertEquals(left.keySet(), right.keySet(), place);
    left.forEach((labels, value) -> assertTrue(Comparison.same(value, right.get(labels)),
        () -> place + ": " + labels + " is " + value + " as instant, " + right.get(labels) + " in a range"));
  }
}
