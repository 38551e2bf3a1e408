package io.tidemark.promql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PromQLTest {
  private record Case(String query, String answer) {}

  private static List<Case> cases(String name, String mark) throws IOException {
    try (var in = Objects.requireNonNull(PromQLTest.class.getResourceAsStream("/promql/" + name))) {
      var cases = new ArrayList<Case>();
      String query = "";
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (line.startsWith(mark)) {
          cases.add(new Case(query, line.substring(mark.length())));
        } else {
          query = line.startsWith("|") ? line.substring(1, line.length() - 1).replace("\\n", "\n") : line;
        }
      }
      return cases;
    }
  }

  @TestFactory
  List<DynamicTest> printsWhatItParsed() throws IOException {
    return cases("good.txt", "  => ").stream().map(c -> DynamicTest.dynamicTest(c.query, () -> {
      Expr expr = PromQL.parse(c.query, Features.ALL_SYNTAX);
      assertEquals(c.answer, Printer.print(expr));
      assertEquals(SpanFree.of(expr), SpanFree.of(PromQL.parse(c.answer, Features.ALL_SYNTAX)));
    })).toList();
  }

  @TestFactory
  List<DynamicTest> refusesWithPlaceAndReason() throws IOException {
    return cases("bad.txt", "  !! ").stream().map(c -> DynamicTest.dynamicTest(c.query, () -> {
      var e = assertThrows(TidemarkException.class, () -> PromQL.parse(c.query, Features.ALL_SYNTAX));
      assertEquals(c.answer, e.getMessage());
      assertEquals(ErrorCode.BAD_DATA, e.code());
    })).toList();
  }

  private static String failure(String text, Features features) {
    return assertThrows(TidemarkException.class, () -> PromQL.parse(text, features)).getMessage();
  }

  @Test
  void keepsOptionalPartsBehindTheirFlags() {
    assertEquals("1:1: parse error: function \"mad_over_time\" is not enabled; start with --enable-feature=promql-experimental-functions",
        failure("mad_over_time(x[5m])", Features.STANDARD));
    assertEquals("1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
        failure("limitk(1, x)", Features.STANDARD));
    assertEquals("1:3: parse error: experimental duration expression is not enabled", failure("x[1m + 1m]", new Features(Set.of())));
    assertEquals("1:1: parse error: anchored modifier is experimental and not enabled", failure("x anchored", Features.STANDARD));
    assertEquals("1:1: parse error: binop fill modifiers are experimental and not enabled", failure("a + fill(0) b", Features.STANDARD));
  }

  @Test
  void boundsNestingOfEveryKind() {
    for (String text : List.of("(".repeat(10_000) + "1" + ")".repeat(10_000), "-".repeat(10_000) + "x", "1" + "^1".repeat(10_000),
        "x" + " or x".repeat(10_000), "abs(".repeat(10_000) + "x" + ")".repeat(10_000), "sum(".repeat(10_000),
        "x[" + "(".repeat(10_000) + "1" + ")".repeat(10_000) + "]", "x[1" + "+1".repeat(10_000) + "]")) {
      String message = failure(text, Features.ALL_SYNTAX);
      assertTrue(message.contains("nests more than 300 levels deep") || message.contains("unclosed"), message);
    }
  }

  @Test
  void takesNestingBelowTheBound() {
    assertEquals(ValueType.SCALAR, PromQL.parse("(".repeat(280) + "1" + ")".repeat(280), Features.STANDARD).type());
    assertEquals(ValueType.VECTOR, PromQL.parse("x" + " or x".repeat(280), Features.STANDARD).type());
  }

  @Test
  void boundsTheLengthOfTheText() {
    assertEquals("parse error: expression has 1048576 characters; at most 262144 are allowed",
        failure("x".repeat(1 << 20), Features.STANDARD));
  }

  @Test
  void refusesHalvesOfCharacters() {
    assertEquals("1:3: parse error: invalid UTF-8 rune", failure("x{\"\ud800\"}", Features.STANDARD));
    assertEquals("1:3: parse error: unexpected character: '\ufffd'", failure("1 \udc00", Features.STANDARD));
  }

  @Test
  void countsColumnsInBytesAndLinesFromOne() {
    assertEquals("2:12: parse error: unexpected identifier \"z\"", failure("# ä\n{\"ä\"} + y z", Features.STANDARD));
    assertEquals("unknown position: parse error: no expression found in input", failure("", Features.STANDARD));
    assertEquals("1:1: parse error: no expression found in input", failure("  ", Features.STANDARD));
  }

  @Test
  void tellsWhereEveryNodeStands() {
    String text = "sum(a offset 1m) / (b[5m:] @ 1) ";
    var binary = assertInstanceOf(Expr.Binary.class, PromQL.parse("sum(a offset 1m) / rate(b[5m] @ 1) ", Features.STANDARD));
    assertEquals("sum(a offset 1m)", text.substring(binary.left().span().start(), binary.left().span().end()));
    assertEquals(new Span(19, 34), binary.right().span());
    assertEquals(new Span(24, 33), ((Expr.Call) binary.right()).arguments().getFirst().span());
    assertEquals(new Span(0, 34), binary.span());
  }

  @Test
  void parsesSelectorsOfMatchParameters() {
    assertEquals(List.of(Matcher.equal("__name__", "up"), new Matcher("job", Matcher.Op.MATCH, "a|b")),
        PromQL.parseSelector("up{job=~\"a|b\"}"));
    assertEquals("match[] must contain at least one non-empty matcher",
        assertThrows(TidemarkException.class, () -> PromQL.parseSelector("{a=~\".*\"}")).getMessage());
    assertEquals("1:3: parse error: unexpected \"[\"",
        assertThrows(TidemarkException.class, () -> PromQL.parseSelector("up[5m]")).getMessage());
  }

  @Test
  void knowsFlagsByTheirPrometheusName() {
    assertEquals(Optional.of(Features.Flag.DELAYED_NAME_REMOVAL), Features.Flag.named("promql-delayed-name-removal"));
    assertEquals(Optional.empty(), Features.Flag.named("agent"));
  }
}
