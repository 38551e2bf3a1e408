package io.tidemark.storage.head;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CutRuleTest {
  private static final long HOUR = 3_600_000;
  private static final long MINUTE = 60_000;
  private static final long MIB = 1 << 20;

  private static CutRule rule(long outOfOrderMillis, int windowsMax) {
    return new CutRule(new HeadLimits(2 * HOUR, outOfOrderMillis, Long.MAX_VALUE, windowsMax, 0));
  }

  private static Window window(long startHour, long bornNewestMillis, long bornLogBytes, long grownLogBytes) {
    var window = new Window(startHour * HOUR, (startHour + 2) * HOUR);
    window.bornNewestMillis = bornNewestMillis;
    window.bornLogBytes = bornLogBytes;
    window.grownLogBytes = grownLogBytes;
    return window;
  }

  private static List<Long> due(CutRule rule, long newestMillis, long logBytes, Window... open) {
    return rule.due(open, newestMillis, logBytes).stream().map(window -> window.startMillis / HOUR).toList();
  }

  @Test
  void aWindowOfLiveSamplesEndsWhenNothingIsExpectedAnyMore() {
    Window live = window(0, MINUTE, 5, 5);
    assertEquals(List.of(), due(rule(HOUR, 512), 3 * HOUR + 10 * MINUTE, 1000, live));
    assertEquals(List.of(0L), due(rule(HOUR, 512), 3 * HOUR + 10 * MINUTE + 1, 1000, live));
    assertEquals(List.of(), due(rule(0, 512), 2 * HOUR + 10 * MINUTE, 1000, live));
    assertEquals(List.of(0L), due(rule(0, 512), 2 * HOUR + 10 * MINUTE + 1, 1000, live));
    assertEquals(List.of(0L), due(rule(Long.MAX_VALUE, 512), 3 * HOUR + 10 * MINUTE + 1, 1000, live));
  }

  @Test
  void anEmptyLogCutsNothing() {
    assertEquals(List.of(), due(rule(HOUR, 512), Long.MIN_VALUE, 0, window(0, Long.MIN_VALUE, 0, 0)));
    assertEquals(List.of(), due(rule(HOUR, 512), Long.MIN_VALUE, 0));
  }

  @Test
  void lateSamplesAreGatheredForTenMinutesOrAPieceOfLog() {
    Window late = window(0, 9 * HOUR, 100 * MIB, 100 * MIB);
    assertEquals(List.of(), due(rule(HOUR, 512), 9 * HOUR + 10 * MINUTE - 1, 164 * MIB - 1, late));
    assertEquals(List.of(0L), due(rule(HOUR, 512), 9 * HOUR + 10 * MINUTE, 100 * MIB, late));
    assertEquals(List.of(0L), due(rule(HOUR, 512), 9 * HOUR, 164 * MIB, late));
  }

  @Test
  void whatIsNotOverIsNeverCut() {
    assertEquals(List.of(), due(rule(HOUR, 8), 9 * HOUR, 1 << 30, window(6, 9 * HOUR, 0, 0), window(8, 9 * HOUR, 0, 0),
        window(10, 9 * HOUR, 0, 0), window(12, 9 * HOUR, 0, 0)));
  }

  @Test
  void aCrowdIsThinnedByThoseThatGrewLongestAgo() {
    var open = new ArrayList<Window>();
    for (int i = 0; i < 5; i++) {
      open.add(window(i * 2L, 900 * HOUR, 10, 50 - (i + 2) % 5 * 10));
    }
    assertEquals(List.of(), due(rule(HOUR, 20), 900 * HOUR, 60, open.toArray(Window[]::new)));
    // Last growth 30, 20, 10, 50, 40; of five more than four, two may stay.
    assertEquals(List.of(0L, 2L, 4L), due(rule(HOUR, 16), 900 * HOUR, 60, open.toArray(Window[]::new)));
  }

  @Test
  void aCrowdKeepsWhatIsNotOver() {
    var open = new ArrayList<Window>();
    for (int i = 0; i < 5; i++) {
      open.add(window(i * 2L, 7 * HOUR, 10, 10));
    }
    assertEquals(List.of(0L, 2L), due(rule(HOUR, 8), 7 * HOUR, 60, open.toArray(Window[]::new)));
  }

  @Test
  void timesBefore1970Work() {
    assertEquals(List.of(-4L), due(rule(HOUR, 512), -HOUR + 10 * MINUTE + 1, 0, window(-4, -3 * HOUR, 0, 0)));
  }
}
