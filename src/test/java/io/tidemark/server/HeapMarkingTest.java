package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class HeapMarkingTest {
  private final VirtualTime time = new VirtualTime(1);
  private final Metrics metrics = new Metrics();
  private int marked;
  private boolean refuses;
  /// Cores that the process uses.
  private double cores;
  private final HeapMarking marking = new HeapMarking(time.loop("marking"), time, () -> (long) (cores * time.nanos()), work -> {
    if (refuses) {
      throw new RejectedExecutionException();
    }
    work.run();
  }, () -> marked++, metrics);

  private double counted() {
    return metrics.counter("tidemark_heap_markings_total", "").value();
  }

  @Test
  void marksNothingUnlessItIsAsked() {
    time.advance(3_600_000);
    assertEquals(0, marked);
  }

  @Test
  void callsOfAShortTimeShareOneMarking() {
    marking.ask();
    marking.ask();
    time.advance(HeapMarking.LOOK_MILLIS);
    assertEquals(1, marked);
    time.advance(3_600_000);
    assertEquals(1, marked);
  }

  @Test
  void theNextMarkingWaitsForItsTime() {
    marking.ask();
    time.advance(HeapMarking.LOOK_MILLIS);
    marking.ask();
    time.advance(HeapMarking.BETWEEN_MILLIS - 1);
    assertEquals(1, marked);
    time.advance(1);
    assertEquals(2, marked);
    assertEquals(2, counted());
  }

  @Test
  void itWaitsForACalmMoment() {
    cores = 1;
    marking.ask();
    time.advance(HeapMarking.PATIENCE_MILLIS / 2);
    assertEquals(0, marked);
    cores = 0;
    time.advance(2 * HeapMarking.LOOK_MILLIS);
    assertEquals(1, marked);
  }

  @Test
  void itDoesNotWaitForEverWhereNothingIsCalm() {
    cores = 1;
    marking.ask();
    time.advance(HeapMarking.PATIENCE_MILLIS);
    assertEquals(1, marked);
  }

  @Test
  void aRefusedMarkingIsAskedForAgain() {
    refuses = true;
    marking.ask();
    time.advance(HeapMarking.LOOK_MILLIS);
    assertEquals(0, counted());
    refuses = false;
    marking.ask();
    time.advance(HeapMarking.LOOK_MILLIS);
    assertEquals(1, marked);
  }
}
