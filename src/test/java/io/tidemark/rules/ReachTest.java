package io.tidemark.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReachTest {
  private static Reach of(String query) {
    return Reach.of(PromQL.parse(query, Features.ALL_SYNTAX), 300_000);
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', value = {
      "up; 300; 300",
      "up offset 1m; 300; 360",
      "up offset -1m; 300; 300",
      "sum(rate(x[30s])) > 0.1; 30; 30",
      "rate(x[30s] offset 5m); 30; 330",
      "rate(x[1m]) / on(a) y; 60; 300",
      "max_over_time(rate(x[1m])[10m:30s] offset 2m); 60; 780",
      "topk(scalar(n), -x{a=\"b\"}); 300; 300",
      "quantile_over_time(0.9, (x[2m])); 120; 120"})
  void addsRangesOffsetsAndSubqueries(String query, long narrowestSeconds, long farthestSeconds) {
    assertEquals(new Reach(narrowestSeconds * 1000, farthestSeconds * 1000), of(query));
  }

  @Test
  void anExpressionWithoutSelectorsReadsNothing() {
    assertEquals(new Reach(Long.MAX_VALUE, 0), of("vector(1) + time()"));
  }

  @Test
  void aComputedRangeMayBeAnything() {
    Reach reach = of("rate(x[step() + 1m])");
    assertEquals(0, reach.narrowestMillis());
    assertTrue(reach.farthestMillis() > RuleSettings.RESTORED_HOLD_MILLIS_MAX);
  }
}
