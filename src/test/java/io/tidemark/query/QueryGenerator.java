package io.tidemark.query;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import java.util.Random;

/// Makes samples and PromQL over them, the same for the same random numbers.
final class QueryGenerator {
  private static final String[] OVER = {"rate", "increase", "delta", "idelta", "resets", "changes", "sum_over_time", "avg_over_time",
      "min_over_time", "max_over_time", "count_over_time", "last_over_time", "stdvar_over_time", "quantile_over_time(0.3, "};
  private static final String[] AGGREGATES = {"sum", "avg", "count", "min", "max", "group", "stdvar"};
  private static final String[] OPERATORS = {"+", "-", "*", "/", "%", ">", "<=", "==", "!=", "> bool", "and", "or", "unless"};

  private final Random random;

  QueryGenerator(Random random) {
    this.random = random;
  }

  /// An instant vector of up to `depth` levels that only selects, adds and multiplies: what it gives for counters it gives for every
  /// count of histograms whose counts are in proportion.
  String linear(int depth) {
    switch (depth == 0 ? random.nextInt(2) : random.nextInt(7)) {
      case 0:
        return selector() + shift();
      case 1:
        boolean subquery = depth > 0 && random.nextInt(3) == 0;
        String range = subquery
            ? "(" + linear(depth - 1) + ")[" + pick("5m", "11m", "3m30s") + ":" + pick("", "30s", "1m17s") + "]" + shift()
            : selector() + "[" + pick("1m", "5m", "15s", "17m") + "]" + shift();
        return pick("rate", "increase", "delta", "idelta", "sum_over_time", "avg_over_time", "last_over_time") + "(" + range + ")";
      case 2, 3:
        return pick("sum", "avg") + grouping() + " (" + linear(depth - 1) + ")";
      case 4:
        return "(" + linear(depth - 1) + ") " + pick("*", "/") + " " + pick("2", "time()", "0.5", "-3");
      case 5:
        return "-(" + linear(depth - 1) + ")";
      default:
        return "(" + linear(depth - 1) + ") " + pick("+", "-", "and", "or", "unless") + pick(" ", " on (x, y) ") + "("
            + linear(depth - 1) + ")";
    }
  }

  /// Series of two counters with gaps, resets and staleness markers, within the first hour of 1970.
  void load(MemoryReader reader) {
    for (String name : new String[] {"a_total", "b_total"}) {
      for (int i = 0; i < 6; i++) {
        LabelSet labels = LabelSet.of(LabelSet.NAME, name, "x", "x" + i % 2, "y", "y" + i / 2);
        double value = 0;
        long at = random.nextInt(60_000);
        while (at < 3_600_000) {
          int kind = random.nextInt(30);
          value = kind == 0 ? random.nextInt(3) : value + random.nextInt(10);
          reader.add(labels, at, kind == 1 ? Stale.VALUE : value);
          at += random.nextInt(20) == 0 ? 400_000 : random.nextInt(3) == 0 ? 1 + random.nextInt(30_000) : 15_000;
        }
      }
    }
  }

  private String pick(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private String shift() {
    return pick("", "", "", " offset 1m", " offset -90s", " @ 1800", " @ end()", " @ start() offset 10s");
  }

  private String selector() {
    return pick("a_total", "b_total", "a_total{x=\"x0\"}", "b_total{y!=\"y1\"}", "{__name__=~\"[ab]_total\",y=\"y2\"}");
  }

  private String range(int depth) {
    return depth > 0 && random.nextInt(4) == 0
        ? "(" + vector(depth - 1) + ")[" + pick("5m", "11m", "3m30s") + ":" + pick("", "30s", "1m17s") + "]" + shift()
        : selector() + "[" + pick("1m", "5m", "15s", "17m") + "]" + shift();
  }

  private String grouping() {
    return pick("", " by (x)", " by (x, y)", " without (y)", " by (__name__)", " without ()");
  }

  /// An instant vector of up to `depth` levels.
  String vector(int depth) {
    switch (depth == 0 ? random.nextInt(2) : random.nextInt(7)) {
      case 0:
        return selector() + shift();
      case 1:
        String function = pick(OVER);
        return function + (function.endsWith(" ") ? "" : "(") + range(depth) + ")";
      case 2, 3:
        return pick(AGGREGATES) + grouping() + " (" + vector(depth - 1) + ")";
      case 4:
        String arithmetic = pick(OPERATORS[0], OPERATORS[2], OPERATORS[5], OPERATORS[9]);
        return "(" + vector(depth - 1) + ") " + arithmetic + " " + pick("2", "time()", "0.5");
      case 5:
        return pick("-(", "abs(") + vector(depth - 1) + ")";
      default:
        String operator = pick(OPERATORS);
        String group = operator.matches("and|or|unless") || random.nextInt(3) > 0 ? "" : "group_left () ";
        return "(" + vector(depth - 1) + ") " + operator + pick(" ", " on (x, y) ", " on (x) " + group, " ignoring (y) " + group)
            + "(" + vector(depth - 1) + ")";
    }
  }
}
