package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final long MINUTE = 60_000;

  private final MemoryReader reader = new MemoryReader();
  private final ArrayDeque<Runnable> work = new ArrayDeque<>();
  private final VirtualTime time = new VirtualTime(1, 0);
  private final Metrics metrics = new Metrics();

  private QueryEngine engine(QueryConfig config) {
    return new QueryEngine(reader, config, work::add, time, metrics);
  }

  private static QueryConfig places(int running, int waiting, int each, long samplesPerMinute) {
    return QueryConfig.DEFAULT.withPlaces(running, waiting, 1, new QueryConfig.Share(each, samplesPerMinute));
  }

  private void workOff() {
    while (!work.isEmpty()) {
      work.poll().run();
    }
  }

  private static ErrorCode code(Future<?> future) {
    return ((TidemarkException) future.cause()).code();
  }

  @Test
  void letsNoPrincipalTakeAllPlaces() {
    QueryEngine engine = engine(places(3, 10, 2, 0));
    var first = engine.run(QueryRequest.instant("1", 0));
    var second = engine.run(QueryRequest.instant("2", 0));
    var third = engine.run(QueryRequest.instant("3", 0));
    var other = engine.run(QueryRequest.instant("4", 0).by("somebody"));
    assertEquals(3, work.size(), "two of the first principal and one of the other run");
    work.pollLast().run();
    assertTrue(other.succeeded());
    assertFalse(third.isComplete(), "the place is free, but not for this principal");
    work.pollFirst().run();
    assertTrue(first.succeeded());
    workOff();
    assertTrue(second.succeeded() && third.succeeded());
  }

  @Test
  void neverHoldsRulesBack() {
    QueryEngine engine = engine(places(2, 0, 1, 1));
    reader.add(LabelSet.of(LabelSet.NAME, "x"), 0, 1);
    engine.run(QueryRequest.instant("x", 0));
    assertEquals(ErrorCode.UNAVAILABLE, code(engine.run(QueryRequest.instant("x", 0))));
    var rule = engine.run(QueryRequest.instant("x", 0).by(QueryRequest.RULES));
    workOff();
    assertTrue(rule.succeeded());
    assertTrue(metrics.print().contains("tidemark_query_refused_total 1\n"), metrics.print());
  }

  @Test
  void countsThePrincipalsSamplesByTheMinute() {
    QueryEngine engine = engine(places(2, 2, 2, 3));
    for (int i = 0; i < 4; i++) {
      reader.add(LabelSet.of(LabelSet.NAME, "x", "i", "" + i), 0, 1);
    }
    engine.run(QueryRequest.instant("x", 0));
    workOff();
    var refused = engine.run(QueryRequest.instant("x", 0));
    assertEquals(ErrorCode.RATE_LIMITED, code(refused));
    assertEquals("anonymous has read 4 samples in this minute; query.principal.samples_per_minute allows 3; try again in 60 s",
        refused.cause().getMessage());
    var other = engine.run(QueryRequest.instant("x", 0).by("somebody"));
    workOff();
    assertTrue(other.succeeded());
    time.advance(MINUTE);
    var next = engine.run(QueryRequest.instant("x", 0));
    workOff();
    assertTrue(next.succeeded());
  }

  /// Two queries that fit alone do not fit together; an answer counts until it is closed.
  @Test
  void sharesOneMemory() {
    for (int i = 0; i < 100; i++) {
      reader.add(LabelSet.of(LabelSet.NAME, "x", "i", "" + i), 0, 1);
    }
    QueryEngine engine = engine(QueryConfig.DEFAULT.withBudgets(1_000_000, 1_000, 58_000, 60_000).withPlaces(9, 9, 1,
        new QueryConfig.Share(9, 0)));
    QueryEngine.Submitted first = engine.submit(QueryRequest.instant("x", 0));
    workOff();
    assertTrue(first.answer().succeeded(), String.valueOf(first.answer().cause()));
    assertTrue(held() > 30_000, metrics.print());
    var second = engine.submit(QueryRequest.instant("x", 0));
    workOff();
    assertEquals(ErrorCode.UNAVAILABLE, code(second.answer()));
    assertTrue(second.answer().cause().getMessage().contains("query.memory_total_max"), second.answer().cause().getMessage());
    first.close();
    assertEquals(0, held());
    var alone = engine.submit(QueryRequest.range("x + x", 0, 100, 1));
    workOff();
    assertEquals(ErrorCode.TOO_EXPENSIVE, code(alone.answer()));
    assertTrue(alone.answer().cause().getMessage().contains("query.memory_max"), alone.answer().cause().getMessage());
    assertEquals(0, held());
    var again = engine.run(QueryRequest.instant("x", 0));
    workOff();
    assertTrue(again.succeeded());
    assertEquals(0, held());
  }

  private double held() {
    return metrics.print().lines().filter(line -> line.startsWith("tidemark_query_memory_bytes "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1))).sum();
  }
}
