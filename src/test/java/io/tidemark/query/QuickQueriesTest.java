package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Which queries their caller evaluates, and which a worker.
class QuickQueriesTest {
  private static final QueryRequest PANEL = QueryRequest.range("up", 0, 60_000, 1_000);

  private final MemoryReader reader = new MemoryReader().add(LabelSet.of("__name__", "up"), 1_000, 1, 1, 1);
  private final ArrayDeque<Runnable> work = new ArrayDeque<>();
  private final VirtualTime time = new VirtualTime(1, 0);
  private final Metrics metrics = new Metrics();
  private final QueryEngine engine = new QueryEngine(reader, QueryConfig.DEFAULT.withPlaces(1, 8, 1, QueryConfig.DEFAULT.principal()),
      work::add, time, metrics);

  @BeforeEach
  void thePanelWasAnsweredOnce() {
    reader.isNear = true;
    assertTrue(byWorker(PANEL), "nothing is known of it");
  }

  private boolean byWorker(QueryRequest request) {
    Future<QueryResult> answer = engine.run(request);
    boolean waits = !work.isEmpty();
    workOff();
    assertTrue(answer.succeeded(), () -> String.valueOf(answer.cause()));
    return waits;
  }

  private void workOff() {
    while (!work.isEmpty()) {
      work.poll().run();
    }
  }

  @Test
  void whatWasQuickIsEvaluatedByItsCaller() {
    assertFalse(byWorker(PANEL));
    assertFalse(byWorker(QueryRequest.range("up", 10_000, 60_000, 1_000)), "fewer steps");
    assertTrue(byWorker(QueryRequest.range("up", 0, 61_000, 1_000)), "more steps than were ever asked for");
    assertFalse(byWorker(QueryRequest.range("up", 0, 61_000, 1_000)));
  }

  @Test
  void whatIsFarIsReadByAWorker() {
    reader.isNear = false;
    assertTrue(byWorker(PANEL));
  }

  @Test
  void rulesLeaveTheirLoopFree() {
    assertTrue(byWorker(PANEL.by(QueryRequest.RULES)));
  }

  @Test
  void whatTookLongGoesBackToAWorker() {
    reader.whenSelected = () -> time.advance(1);
    assertFalse(byWorker(PANEL), "nobody could know");
    reader.whenSelected = () -> { };
    assertTrue(byWorker(PANEL));
    assertFalse(byWorker(PANEL), "it is quick again");
  }

  @Test
  void aLargeAnswerIsMadeByAWorker() {
    QueryRequest large = QueryRequest.range("up", 0, ParsedText.QUICK_CELLS * 1_000, 1_000);
    assertTrue(byWorker(large));
    assertTrue(byWorker(large));
  }

  @Test
  void muchMoreToReadIsReadByAWorker() {
    int samples = 8 * (int) ParsedText.FEW_SAMPLES;
    reader.add(LabelSet.of("__name__", "long"), 10, new double[samples]);
    long after = 10L * samples + 1_000_000;
    var empty = QueryRequest.range("long", after, after + 60_000, 1_000);
    assertTrue(byWorker(empty));
    assertFalse(byWorker(empty));
    var full = QueryRequest.range("long", 0, 60_000, 1_000);
    assertTrue(byWorker(full), "as many steps, but there is something to read");
    assertFalse(byWorker(full), "it was quick all the same");
    assertFalse(byWorker(QueryRequest.range("long", 6_000, 66_000, 1_000)), "a range that moves along has an eighth more at most");
    assertTrue(byWorker(QueryRequest.range("long", 0, 10L * samples, 10_000)), "fewer steps, and more to read");
  }

  @Test
  void whatTakesLongOverMoreTellsNothingOfLess() {
    reader.add(LabelSet.of("__name__", "long"), 10, new double[8 * (int) ParsedText.FEW_SAMPLES]);
    assertTrue(byWorker(QueryRequest.instant("long", 1_000)));
    reader.whenSelected = () -> time.advance(1);
    assertTrue(byWorker(QueryRequest.instant("long", 60_000)));
    reader.whenSelected = () -> { };
    assertFalse(byWorker(QueryRequest.instant("long", 1_000)));
  }

  @Test
  void countsThem() {
    for (int i = 0; i < 3; i++) {
      byWorker(PANEL);
      byWorker(QueryRequest.instant("up", 2_000));
    }
    assertTrue(metrics.print().contains("tidemark_query_quick_total 6\n"), metrics.print());
  }

  @Test
  void queriesThatWaitedGoToWorkers() {
    var running = engine.run(QueryRequest.instant("2", 0));
    var waiting = engine.run(PANEL);
    assertEquals(1, work.size());
    work.poll().run();
    assertTrue(running.succeeded());
    assertFalse(waiting.isComplete(), "it is not evaluated within the end of another");
    workOff();
    assertTrue(waiting.succeeded());
  }
}
