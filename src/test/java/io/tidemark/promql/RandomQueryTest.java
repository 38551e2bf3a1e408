package io.tidemark.promql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.TidemarkException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Queries at random, from fixed seeds: what is printed must parse to the same tree, and nonsense must fail in the known way.
class RandomQueryTest {
  private static final int RUNS = Integer.getInteger("tidemark.test.queries", 3000);

  /// Writes one well-typed query.
  private static final class Writer {
    private final Random random;

    Writer(long seed) {
      random = new Random(seed);
    }

    private String one(String... texts) {
      return texts[random.nextInt(texts.length)];
    }

    String vector(int depth) {
      if (depth == 0) {
        return selector() + shift();
      }
      return switch (random.nextInt(11)) {
        case 0 -> selector() + shift();
        case 1 -> one("rate", "max_over_time", "deriv", "mad_over_time") + "(" + matrix(depth - 1) + ")";
        case 2 -> vector(depth - 1) + " " + one("+", "-", "*", "/", "%", "^", "atan2") + " " + vector(depth - 1);
        case 3 -> vector(depth - 1) + one(" == ", " >= bool ", "< ", ">/ ", " </ ") + scalar(depth - 1);
        case 4 -> paren(depth) + one(" and ", " or on (a) ", " unless ignoring (\"b c\", d) ") + paren(depth);
        case 5 -> paren(depth) + one(" * on (a, b) group_left (c) ", " + on () group_right () ", " - ignoring(x) ", " + fill(-1) ",
            " > bool on (a) fill_left(1) fill_right(NaN) ", " + fill_right(5m) ") + paren(depth);
        case 6 -> one("sum", "avg by (job, \"x.y\")", "COUNT without ()", "max without (on)", "group by ()") + " (" + vector(depth - 1)
            + ")";
        case 7 -> one("topk(3, ", "quantile by (a) (0.5,", "count_values('v', ", "limit_ratio(-.25,") + vector(depth - 1) + ")";
        case 8 -> one("-", "+", "- -") + vector(depth - 1);
        case 9 -> "label_replace(" + vector(depth - 1) + ", \"a\", `$1`, 'b\\n', \"(.*)\")";
        default -> paren(depth);
      };
    }

    private String paren(int depth) {
      return "(" + vector(depth - 1) + ")";
    }

    private String scalar(int depth) {
      return depth == 0 ? one("1", "-2.5", "0x1f", "5m", "Inf", "1e-7", "nan", "3_000") : switch (random.nextInt(5)) {
        case 0 -> "scalar(" + vector(depth - 1) + ")";
        case 1 -> scalar(depth - 1) + one(" + ", "^", " % ", " == bool ") + scalar(depth - 1);
        case 2 -> "-" + scalar(depth - 1);
        case 3 -> "(" + scalar(depth - 1) + ")";
        default -> one("time()", "pi()", "step()", "max_of(1, 2)");
      };
    }

    private String matrix(int depth) {
      return random.nextBoolean() ? selector() + "[" + duration(random.nextInt(3)) + "]" + one("", " anchored", " smoothed") + shift()
          : "(" + vector(depth) + ")[" + duration(random.nextInt(3)) + ":" + one("", "1m", "step() * 2") + "]" + shift();
    }

    private String duration(int depth) {
      return depth == 0 ? one("5m", "1h30m", "90", "1y2d", "step()", "range()", "1500ms") : switch (random.nextInt(4)) {
        case 0 -> duration(depth - 1) + one(" + ", "-", " * ", "/", "%", " ^ ") + duration(depth - 1);
        case 1 -> "(" + duration(depth - 1) + ")";
        case 2 -> one("min_of(", "MAX_OF(") + duration(depth - 1) + ", " + duration(depth - 1) + ")";
        default -> "- -" + duration(depth - 1);
      };
    }

    private String shift() {
      String offset = one("", "", " offset 5m", " offset -1h", " offset (1m + step())", " offset -range()");
      String at = one("", "", " @ 10.5", " @ start()", " @ end()", " @ -3");
      return random.nextBoolean() ? at + offset : offset + at;
    }

    private String selector() {
      return one("up", "a:b", "sum", "offset", "fill", "x{a=\"b\", c!~'d.*'}", "{\"dots.in name\", \"l.m\"=~`x\\d`}",
          "{__name__=~\"x|y\", z!=\"\"}", "step{on=\"1\",}");
    }
  }

  @Test
  void printsWhatParsesToTheSameTree() {
    for (long seed = 0; seed < RUNS; seed++) {
      String text = new Writer(seed).vector((int) (seed % 5));
      Expr expr = PromQL.parse(text, Features.ALL_SYNTAX);
      String line = Printer.print(expr);
      assertEquals(SpanFree.of(expr), SpanFree.of(PromQL.parse(line, Features.ALL_SYNTAX)), text);
      assertEquals(line, Printer.print(PromQL.parse(PrettyPrinter.print(expr), Features.ALL_SYNTAX)), text);
    }
  }

  @Test
  void failsOnDamagedQueriesOnlyInTheKnownWay() {
    List<String> pieces = List.of("(", ")", "{", "}", "[", "]", ",", ":", "\"", "'", "`", "\\", "@", "offset", "by", "on", "bool", "1",
        "5m", "-", "^", "=~", "!", "#", "\n", "ä", "\ud83d", "..", "fill(", " ");
    for (long seed = 0; seed < RUNS; seed++) {
      var random = new Random(seed);
      var text = new StringBuilder(new Writer(seed).vector(2));
      for (int i = random.nextInt(4); i >= 0; i--) {
        int at = random.nextInt(text.length() + 1);
        if (random.nextBoolean()) {
          text.insert(at, pieces.get(random.nextInt(pieces.size())));
        } else {
          text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(4)));
        }
      }
      try {
        PromQL.parse(text.toString(), Features.ALL_SYNTAX);
      } catch (TidemarkException e) {
        assertTrue(e.getMessage().contains("parse error: "), e.getMessage());
      }
    }
  }
}
