package io.tidemark.query.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.promql.Features;
import io.tidemark.promql.Printer;
import io.tidemark.promql.PromQL;
import org.junit.jupiter.api.Test;

class PinningTest {
  private static String pinned(String query) {
    return Printer.print(Pinning.pin(PromQL.parse(query, Features.ALL_SYNTAX), 60_000));
  }

  @Test
  void nailsSelectorsWithoutATimestamp() {
    assertEquals("a @ 60.000 + rate(b[5m] @ 60.000 offset 1m)", pinned("a + rate(b[5m] offset 1m)"));
    assertEquals("topk(scalar(k @ 60.000), a @ 5.000)", pinned("topk(scalar(k), a @ 5)"));
    assertEquals("a @ 60.000 - a @ 60.000", pinned("a @ start() - a @ end()"));
  }

  @Test
  void leavesWhatMovesWithTheStepsOfASubquery() {
    assertEquals("max_over_time(rate(a[1m])[10m:] @ 60.000)", pinned("max_over_time(rate(a[1m])[10m:])"));
  }

  @Test
  void knowsWhichQueriesLookAtTheClockOtherwise() {
    assertTrue(Pinning.applies(PromQL.parse("sum(rate(a[5m]))", Features.ALL_SYNTAX)));
    assertFalse(Pinning.applies(PromQL.parse("a + (time() - 5)", Features.ALL_SYNTAX)));
    assertFalse(Pinning.applies(PromQL.parse("max_over_time(timestamp(a)[5m:])", Features.ALL_SYNTAX)));
  }
}
