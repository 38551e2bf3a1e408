package io.tidemark.promql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrettyPrinterTest {
  private static final String LONG = "a_metric_with_quite_a_long_name_that_fills_the_line";

  private static String pretty(String text) {
    return PrettyPrinter.print(PromQL.parse(text, Features.ALL_SYNTAX));
  }

  @Test
  void leavesShortExpressionsOnOneLine() {
    assertEquals("sum by (a) (rate(x[5m]))", pretty("sum(rate(x[5m])) by(a)"));
  }

  @Test
  void splitsOperatorsAroundTheirLine() {
    assertEquals("  " + LONG + "{a=\"1\"}\n/ on (a) group_left ()\n  " + LONG + "{b=\"2\"}",
        pretty(LONG + "{a='1'} / on(a) group_left " + LONG + "{b='2'}"));
  }

  @Test
  void splitsCallsAggregationsAndParentheses() {
    assertEquals("""
        histogram_quantile(
          0.9,
          sum by (le) (
            (
                rate(%1$s_bucket{a="1"}[5m])
              +
                rate(%1$s_bucket{b="2"}[5m])
            )
          )
        )""".formatted(LONG),
        pretty("histogram_quantile(0.9, sum by(le)((rate(%1$s_bucket{a='1'}[5m]) + rate(%1$s_bucket{b='2'}[5m]))))".formatted(LONG)));
  }

  @Test
  void splitsInsideSubqueriesAndBehindSigns() {
    assertEquals("""
        -max_over_time(
          topk(
            3,
            %1$s{a="1",b="this makes it too long for the line"}
          )[1h:1m] offset 5m
        )""".formatted(LONG),
        pretty("-max_over_time(topk(3, %1$s{a='1', b='this makes it too long for the line'})[1h:1m] offset 5m)".formatted(LONG)));
  }
}
