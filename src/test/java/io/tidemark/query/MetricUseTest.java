package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MetricUseTest {
  private static final long MINUTE_MILLIS = 60_000;
  private final VirtualTime time = new VirtualTime(1, 1_000_000 * MINUTE_MILLIS);
  private final MetricUse use = new MetricUse(time, new Metrics());

  private void query(String text) {
    use.note(PromQL.parse(text, Features.STANDARD));
  }

  private String used(String... metrics) {
    var used = new StringBuilder();
    for (String metric : metrics) {
      used.append(use.look().isUnused(metric) ? '-' : '+');
    }
    return used.toString();
  }

  @Test
  void findsMetricsWhereverTheyStandInAQuery() {
    query("topk(scalar(a), -rate(b[5m])) / on (x) (c offset 1h) + max_over_time(d[1h:1m]) or {\"e.f\"} or vector(time())");
    assertEquals("+++++-", used("a", "b", "c", "d", "e.f", "g"));
  }

  @Test
  void patternsCountForWhatTheyMatchAndSelectorsWithoutNamesForNothing() {
    query("sum({__name__=~\"http_.*\", __name__!=\"http_old\"}) + count({job=\"x\"}) + count({__name__!=\"a\",job=\"x\"})");
    assertEquals("+--", used("http_requests_total", "http_old", "up"));
  }

  @Test
  void remembersForThirtyDaysAndOverRestarts() {
    query("a");
    time.advance(MetricUse.REMEMBERED_MILLIS - MINUTE_MILLIS);
    query("b + {__name__=~\"c.*\"} + {\"new\\nline\"}");
    var next = new MetricUse(time, new Metrics());
    next.read(use.print());
    assertEquals(use.sinceMillis(), next.sinceMillis());
    assertEquals(use.look().lastMillis("a"), next.look().lastMillis("a"));
    assertEquals(OptionalLong.of(time.millis()), next.look().lastMillis("c1"));
    assertFalse(next.look().isUnused("new\nline"));
    time.advance(MINUTE_MILLIS);
    assertTrue(next.look().isUnused("a"));
    assertFalse(next.look().isUnused("b"));
  }

  @Test
  void whatDoesNotFitMakesNothingLookUnused() {
    for (int i = 0; i < 1_001; i++) {
      query("{__name__=~\"a" + i + ".*\"}");
    }
    assertFalse(use.look().isUnused("b"));
    var next = new MetricUse(time, new Metrics());
    next.read(use.print());
    assertFalse(next.look().isUnused("b"));
    time.advance(MetricUse.REMEMBERED_MILLIS + MINUTE_MILLIS);
    assertTrue(next.look().isUnused("b"));
  }

  @Test
  void notesNothingWhilePausedAndNamesABrokenLine() {
    use.pause(true);
    query("a");
    use.pause(false);
    assertTrue(use.look().isUnused("a"));
    assertEquals("line 2: ", assertThrows(TidemarkException.class, () -> use.read("since 5\nsix\n")).getMessage().substring(0, 8));
  }
}
