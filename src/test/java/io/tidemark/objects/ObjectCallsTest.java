package io.tidemark.objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ObjectCallsTest {
  private final ArrayDeque<Runnable> handed = new ArrayDeque<>();
  private final Metrics metrics = new Metrics();
  private final ObjectCalls calls =
      new ObjectCalls("store", new ObjectLimits(2, 3, 5 << 20), handed::add, Supplier::get, new VirtualTime(1), metrics);

  @Test
  void runsSoManyAtOnceLetsSoManyWaitAndRefusesTheRest() {
    var results = new ArrayList<Future<Integer>>();
    for (int i = 0; i < 6; i++) {
      int number = i;
      results.add(calls.run("read", () -> number));
    }
    assertEquals(2, handed.size());
    assertTrue(results.get(5).failed());
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) results.get(5).cause()).code());
    assertTrue(metrics.print().contains("tidemark_object_calls_waiting 3"));
    assertTrue(metrics.print().contains("tidemark_object_calls_refused_total 1"));
    handed.poll().run();
    assertEquals(0, results.get(0).result());
    assertFalse(results.get(2).isComplete());
    while (!handed.isEmpty()) {
      handed.poll().run();
    }
    for (int i = 0; i < 5; i++) {
      assertEquals(i, results.get(i).result());
    }
    assertTrue(metrics.print().contains("tidemark_object_calls_running 0"));
  }

  @Test
  void aFailedCallLetsTheNextOneRun() {
    var results = new ArrayList<Future<Integer>>();
    for (int i = 0; i < 3; i++) {
      results.add(calls.run("read", () -> {
        throw new IllegalStateException("broken");
      }));
    }
    while (!handed.isEmpty()) {
      handed.poll().run();
    }
    for (Future<Integer> result : results) {
      assertEquals(ErrorCode.INTERNAL, ((TidemarkException) result.cause()).code());
    }
    assertTrue(metrics.print().contains("tidemark_object_call_failures_total{call=\"read\"} 3"));
    assertTrue(metrics.print().contains("tidemark_object_calls_running 0"));
  }
}
