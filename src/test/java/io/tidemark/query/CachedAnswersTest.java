package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.ReadPolicy;
import io.tidemark.storage.Revisions;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CachedAnswersTest {
  private static final long MINUTE = 60_000;
  private static final long NOW = 100 * MINUTE;

  private record At(long changes) implements Revisions.Revision {}

  private final MemoryReader memory = new MemoryReader();
  private final VirtualTime time = new VirtualTime(1, NOW);
  private final Metrics metrics = new Metrics();
  /// What the reader tells, and whether it answers.
  private long changedFrom = Long.MAX_VALUE;
  private long erasedFrom = Long.MAX_VALUE;
  private boolean isAway;

  private final SeriesReader reader = new SeriesReader() {
    @Override
    public Future<SeriesView> view(ReadPolicy policy) {
      return isAway ? Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, "the disk sleeps")) : memory.view(policy);
    }

    @Override
    public Optional<Revisions> revisions() {
      return Optional.of(new Revisions() {
        @Override
        public Revision now() {
          return new At(0);
        }

        @Override
        public long changedFromMillis(Revision since) {
          return changedFrom;
        }

        @Override
        public long erasedFromMillis(Revision since) {
          return erasedFrom;
        }
      });
    }
  };
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT, Runnable::run, time, metrics);

  CachedAnswersTest() {
    for (int i = 0; i <= 100; i++) {
      memory.add(LabelSet.of(LabelSet.NAME, "x"), i * MINUTE, i);
    }
  }

  private static QueryRequest request(String query, long fromMinute, long toMinute) {
    return QueryRequest.range(query, fromMinute * MINUTE, toMinute * MINUTE, MINUTE).cached(true);
  }

  private double steps(String from) {
    return metrics.print().lines().filter(line -> line.startsWith("tidemark_query_cache_steps_total{from=\"" + from + "\"} "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1))).sum();
  }

  /// Runs a query and tells whether it was evaluated without a worker.
  private boolean byCaller(QueryRequest request) {
    double before = quick();
    assertTrue(engine.run(request).succeeded());
    return quick() > before;
  }

  private double quick() {
    return metrics.print().lines().filter(line -> line.startsWith("tidemark_query_quick_total "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1))).sum();
  }

  /// Runs a query and returns how many of its steps were evaluated.
  private int evaluated(QueryRequest request) {
    double before = steps("evaluation");
    Future<QueryResult> answer = engine.run(request);
    assertTrue(answer.succeeded(), () -> String.valueOf(answer.cause()));
    int count = ((Value.Matrix) answer.result().value()).series().getFirst().count();
    assertEquals((request.endMillis() - request.startMillis()) / MINUTE + 1, count, "all steps are answered");
    return (int) (steps("evaluation") - before);
  }

  @Test
  void evaluatesOnlyWhatItLacks() {
    assertEquals(41, evaluated(request("x", 10, 50)));
    assertEquals(0, evaluated(request("x", 10, 50)));
    assertEquals(0, evaluated(request("  x # the same", 20, 45)));
    assertEquals(5, evaluated(request("x", 20, 55)), "later steps");
    assertEquals(0, evaluated(request("x", 10, 55)), "older steps were kept with them");
    assertEquals(10 + 5, evaluated(request("x", 0, 60)), "steps on both sides");
    assertEquals(41, evaluated(request("x + 1", 10, 50)), "another query");
    assertEquals(41, evaluated(QueryRequest.range("x", 10 * MINUTE + 7, 50 * MINUTE + 7, MINUTE).cached(true)), "steps at other times");
  }

  @Test
  void neverKeepsTheEdge() {
    evaluated(request("x", 90, 100));
    assertEquals(2, evaluated(request("x", 90, 100)), "the steps of this minute and the one that just ended");
    time.advance(MINUTE);
    assertEquals(2, evaluated(request("x", 90, 100)), "the first of them is old enough only now");
    assertEquals(1, evaluated(request("x", 90, 100)));
  }

  @Test
  void evaluatesAgainFromWhereSamplesChanged() {
    evaluated(request("x", 10, 50));
    changedFrom = 40 * MINUTE;
    assertEquals(11, evaluated(request("x", 10, 50)));
    changedFrom = 40 * MINUTE + 1;
    assertEquals(10, evaluated(request("x", 10, 50)));
    changedFrom = Long.MIN_VALUE;
    assertEquals(41, evaluated(request("x", 10, 50)));
  }

  @Test
  void isPassedByWhenAsked() {
    engine.run(request("x", 10, 50));
    double before = steps("cache") + steps("evaluation");
    for (QueryRequest fresh : List.of(request("x", 10, 50).cached(false), request("x", 10, 50).by(QueryRequest.RULES),
        request("x", 10, 50).countingSteps(true), QueryRequest.instant("x", 20 * MINUTE).cached(true))) {
      assertTrue(engine.run(fresh).succeeded());
    }
    assertEquals(before, steps("cache") + steps("evaluation"));
    assertFalse(metrics.print().contains("tidemark_query_cache_entries 0"), metrics.print());
  }

  @Test
  void doesNotMakeALongEvaluationLookQuick() {
    memory.isNear = true;
    memory.whenSelected = () -> time.advance(1);
    for (int i = 0; i <= ParsedText.FEW_SAMPLES; i++) {
      memory.add(LabelSet.of(LabelSet.NAME, "other"), 50 * MINUTE - i, i);
    }
    assertFalse(byCaller(request("x", 10, 50)));
    for (int i = 0; i < 3; i++) {
      assertTrue(byCaller(request("x", 10, 50)), "all steps are kept");
    }
    assertFalse(byCaller(request("x", 10, 50).cached(false)));
    changedFrom = 40 * MINUTE;
    assertFalse(byCaller(request("x", 10, 50)));
    changedFrom = Long.MIN_VALUE;
    assertFalse(byCaller(request("x", 10, 50)));
  }

  @Test
  void whatIsToBeEvaluatedTellsWhetherItIsQuick() {
    memory.isNear = true;
    memory.whenSelected = () -> time.advance(1);
    assertFalse(byCaller(request("x", 10, 50)));
    memory.whenSelected = () -> { };
    assertFalse(byCaller(request("x", 12, 52)), "two steps more, and nobody knows how long they take");
    assertTrue(byCaller(request("x", 14, 54)), "two steps more, as before");
    assertTrue(byCaller(request("x", 13, 55)), "steps on one side, and those on the other are kept too");
    assertFalse(byCaller(request("x", 15, 65)), "ten steps more");
    assertTrue(byCaller(request("x", 25, 75)));
    assertFalse(byCaller(request("x", 25, 75).cached(false)));
  }

  @Test
  void seriesThatAreEqualWithoutTheirNamesAreRefusedAsWithoutACache() {
    for (int i = 0; i <= 20; i++) {
      memory.add(LabelSet.of(LabelSet.NAME, "a_total", "job", "x"), i * MINUTE, i);
      memory.add(LabelSet.of(LabelSet.NAME, "b_total", "job", "x"), (i + 35) * MINUTE, i);
    }
    for (String query : List.of("rate({__name__=~\"[ab]_total\"}[3m])", "sum(max_over_time(rate({__name__=~\"[ab]_total\"}[3m])[5m:1m]))",
        "count_over_time({job=\"x\"}[3m:1m])", "max_over_time((a_total or b_total)[3m:1m])")) {
      assertTrue(engine.run(request(query, 1, 30)).succeeded(), query);
      Throwable uncached = engine.run(request(query, 1, 50).cached(false)).cause();
      assertEquals("vector cannot contain metrics with the same labelset", uncached.getMessage(), query);
      Future<QueryResult> cached = engine.run(request(query, 1, 50));
      assertTrue(cached.failed(), query);
      assertEquals(uncached.getMessage(), cached.cause().getMessage(), query);
    }
  }

  @Test
  void keepsNothingThatIsRemarkable() {
    for (int i = 0; i < 2; i++) {
      QueryResult result = engine.run(request("rate(x[5m])", 10, 50)).result();
      assertEquals(1, result.infos().size(), "x does not look like a counter");
    }
    assertEquals(82, steps("evaluation"));
  }

  @Test
  void standsInForAFailure() {
    engine.run(request("x", 10, 50));
    isAway = true;
    changedFrom = 30 * MINUTE;
    QueryResult stale = engine.run(request("x", 20, 60)).result();
    assertEquals(31, ((Value.Matrix) stale.value()).series().getFirst().count());
    assertEquals(List.of("evaluation failed (the disk sleeps); this is an earlier answer, made at 1970-01-01T01:40:00Z, from "
        + "1970-01-01T00:20:00Z to 1970-01-01T00:50:00Z; later steps are missing, and samples that changed since"), stale.warnings());
    assertTrue(engine.run(request("x", 60, 70)).failed(), "none of these steps is at hand");
    assertTrue(engine.run(request("x", 20, 60).cached(false)).failed());
    var strict = new QueryRequest("x", 20 * MINUTE, 60 * MINUTE, MINUTE, 0, 0, false).cached(true);
    assertTrue(engine.run(strict).failed());
    isAway = false;
    assertEquals(List.of(), engine.run(request("x", 20, 60)).result().warnings());
  }

  @Test
  void whatWasDeletedStandsInForNothing() {
    engine.run(request("x", 10, 50));
    isAway = true;
    erasedFrom = 30 * MINUTE;
    QueryResult stale = engine.run(request("x", 20, 60)).result();
    assertEquals(10, ((Value.Matrix) stale.value()).series().getFirst().count(), "20 to 29");
    assertTrue(stale.warnings().getFirst().contains("to 1970-01-01T00:29:00Z"), stale.warnings().getFirst());
    assertTrue(engine.run(request("x", 30, 60)).failed(), "a delete touches all of these steps");
    erasedFrom = Long.MIN_VALUE;
    assertTrue(engine.run(request("x", 10, 50)).failed());
  }

  @Test
  void canBeTurnedOff() {
    var off = new QueryEngine(reader, QueryConfig.DEFAULT.withCache(new QueryConfig.Cache(false, MINUTE, 1 << 20)), Runnable::run, time,
        new Metrics());
    off.run(request("x", 10, 50));
    isAway = true;
    assertTrue(off.run(request("x", 10, 50)).failed());
  }
}
