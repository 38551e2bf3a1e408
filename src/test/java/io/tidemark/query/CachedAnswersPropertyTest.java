package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.StorageConfig;
import io.tidemark.storage.StorageFixture;
import io.tidemark.telemetry.Metrics;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Answers with the cache are those without, whatever arrives late, goes, or is turned into blocks meanwhile, and as time goes on.
class CachedAnswersPropertyTest {
  private static final int SEEDS = Integer.getInteger("tidemark.test.seeds", 5);
  private static final int ROUNDS = 100;
  private static final long HOUR = 3_600_000;

  /// A storage, an engine over it, and what goes on.
  private static final class World {
    private final Random random;
    private final StorageFixture f;
    private final Metrics metrics = new Metrics();
    private final List<Runnable> work = new ArrayList<>();
    private final QueryEngine engine;
    private final List<String> queries = new ArrayList<>();
    private final double[] counters = new double[12];
    private long loadedTo;
    private long steps;

    World(long seed) {
      random = new Random(seed);
      f = new StorageFixture(seed, 3, new StorageConfig(3 * HOUR, Long.MAX_VALUE, HOUR, HOUR, HOUR, 300_000, 512)).open();
      engine = new QueryEngine(f.storage, QueryConfig.DEFAULT, work::add, f.time, metrics);
      loadedTo = f.time.millis() - 2 * HOUR;
      var generator = new QueryGenerator(random);
      for (int i = 0; i < 7; i++) {
        queries.add(generator.vector(i % 3 + 1));
      }
      queries.addAll(List.of("a_total", "sum by (x) (rate(a_total[5m]))", "topk(2, b_total)",
          "max_over_time(rate(b_total[1m])[10m:1m])", "a_total offset 10m"));
    }

    private QueryResult ask(QueryRequest request) {
      Future<QueryResult> answer = engine.run(request);
      f.time.runUntil(() -> {
        List.copyOf(work).forEach(Runnable::run);
        work.clear();
        return answer.isComplete();
      });
      if (answer.failed()) {
        throw (TidemarkException) answer.cause();
      }
      return answer.result();
    }

    private Object answer(QueryRequest request) {
      try {
        QueryResult result = ask(request);
        return result;
      } catch (TidemarkException e) {
        return e.getMessage();
      }
    }

    /// Samples of the time since the last call, most of them; some come in time, some late, some never.
    private void ingest() {
      long now = f.time.millis();
      for (long at = loadedTo; at < now; at += 15_000) {
        for (int i = 0; i < counters.length; i++) {
          counters[i] = random.nextInt(60) == 0 ? 0 : counters[i] + random.nextInt(9);
          long time = at + i * 700;
          if (time <= now && random.nextInt(15) > 0) {
            f.add(labels(i), time, random.nextInt(80) == 0 ? Stale.VALUE : counters[i]);
          }
        }
      }
      loadedTo = now;
    }

    private static LabelSet labels(int i) {
      return LabelSet.of(LabelSet.NAME, i < 6 ? "a_total" : "b_total", "x", "x" + i % 2, "y", "y" + i % 6 / 2);
    }

    private void disturb() {
      switch (random.nextInt(30)) {
        case 0 -> f.add(labels(random.nextInt(12)), f.time.millis() - random.nextInt(3_000_000), random.nextInt(1000));
        case 3 -> f.await(f.storage.seal());
        case 4 -> f.await(f.storage.compact());
        case 5 -> {
          int shard = random.nextInt(3);
          f.await(f.storage.lose(shard));
          f.await(f.storage.gain(shard));
        }
        case 6 -> f.time.advance(random.nextInt(900_000));
        default -> { }
      }
    }

    private QueryRequest request() {
      long step = List.of(60_000L, 37_000L).get(random.nextInt(2));
      long end = f.time.millis() + List.of(0L, -30_000L, 120_000L, -HOUR).get(random.nextInt(4));
      long start = end - List.of(HOUR, 2 * HOUR, 600_000L).get(random.nextInt(3));
      long phase = random.nextInt(6) == 0 ? 5_000 : 0;
      return QueryRequest.range(queries.get(random.nextInt(queries.size())), Math.floorDiv(start, step) * step + phase, end, step);
    }

    private void run(String place) {
      for (int round = 0; round < ROUNDS; round++) {
        f.time.advance(1_000 + random.nextInt(90_000));
        ingest();
        disturb();
        f.flush();
        for (int i = 0; i < 4; i++) {
          QueryRequest request = request();
          Object expected = answer(request);
          Object found = answer(request.cached(true));
          String what = place + ", round " + round + ": " + request;
          if (expected instanceof QueryResult without && found instanceof QueryResult with) {
            assertSame((Value.Matrix) without.value(), (Value.Matrix) with.value(), what);
            assertEquals(without.warnings(), with.warnings(), what);
            assertEquals(without.infos().isEmpty(), with.infos().isEmpty(), what);
            steps++;
          } else {
            assertEquals(expected, found, what);
          }
        }
      }
    }

    private static void assertSame(Value.Matrix expected, Value.Matrix found, String place) {
      assertEquals(expected.series().stream().map(Value.Series::labels).toList(),
          found.series().stream().map(Value.Series::labels).toList(), place);
      for (int i = 0; i < expected.series().size(); i++) {
        Value.Series one = expected.series().get(i);
        Value.Series other = found.series().get(i);
        assertEquals(one.count(), other.count(), () -> place + ": " + one.labels());
        for (int n = 0; n < one.count(); n++) {
          int at = n;
          assertEquals(one.timestampsMillis()[n], other.timestampsMillis()[n], () -> place + ": " + one.labels() + " at sample " + at);
          double a = one.values()[n];
          double b = other.values()[n];
          assertTrue(Double.compare(a, b) == 0 || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)),
              () -> place + ": " + one.labels() + " at " + one.timestampsMillis()[at] + " is " + a + ", from the cache " + b);
        }
      }
    }

    private double counted(String metric) {
      return metrics.print().lines().filter(line -> line.startsWith(metric + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1))).sum();
    }
  }

  @Test
  void answersAsWithoutIt() {
    double fromCache = 0;
    double evaluated = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      var one = new World(seed);
      one.run("seed " + seed);
      assertTrue(one.steps > ROUNDS, one.steps + " answers were compared");
      fromCache += one.counted("tidemark_query_cache_steps_total{from=\"cache\"}");
      evaluated += one.counted("tidemark_query_cache_steps_total{from=\"evaluation\"}");
    }
    System.out.println("CachedAnswersPropertyTest: " + (long) fromCache + " steps from the cache, " + (long) evaluated + " evaluated");
    assertTrue(fromCache > evaluated / 5, fromCache + " steps came from the cache, " + evaluated + " were evaluated");
  }
}
