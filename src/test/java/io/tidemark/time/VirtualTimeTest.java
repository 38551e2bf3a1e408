package io.tidemark.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
  private static List<String> orderOf(long seed) {
    var time = new VirtualTime(seed);
    var order = new ArrayList<String>();
    var a = time.loop("a");
    var pool = time.executor();
    for (int i = 0; i < 20; i++) {
      int n = i;
      a.execute(() -> order.add("a" + n));
      pool.execute(() -> order.add("p" + n));
    }
    time.run();
    return order;
  }

  @Test
  void sameSeedGivesSameOrder() {
    assertEquals(orderOf(7), orderOf(7));
    assertNotEquals(orderOf(7), orderOf(8));
  }

  @Test
  void loopKeepsTheOrderOfItsWork() {
    var order = orderOf(3).stream().filter(name -> name.startsWith("a")).toList();
    for (int i = 0; i < order.size(); i++) {
      assertEquals("a" + i, order.get(i));
    }
  }

  @Test
  void timersRunAtTheirTimeOnTheirLoop() {
    var time = new VirtualTime(1, 1000);
    var loop = time.loop("loop");
    var seen = new ArrayList<Long>();
    loop.after(30, () -> seen.add(time.millis()));
    loop.after(10, () -> {
      assertTrue(loop.isCurrent());
      seen.add(time.millis());
      loop.after(5, () -> seen.add(time.millis()));
    });
    time.advance(20);
    assertEquals(List.of(1010L, 1015L), seen);
    time.advance(10);
    assertEquals(List.of(1010L, 1015L, 1030L), seen);
    assertFalse(loop.isCurrent());
  }

  @Test
  void cancelledTimerDoesNotRun() {
    var time = new VirtualTime(1);
    var timer = time.loop("loop").after(10, () -> {
      throw new AssertionError("ran");
    });
    timer.cancel();
    time.advance(20);
  }

  @Test
  void runUntilFailsWhenNothingIsLeft() {
    var time = new VirtualTime(1);
    assertThrows(AssertionError.class, () -> time.runUntil(() -> false));
  }
}
