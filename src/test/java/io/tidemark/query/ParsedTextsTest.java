package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.telemetry.Metrics;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ParsedTextsTest {
  private static final int CHARS_MAX = 1_000;

  private final Metrics metrics = new Metrics();
  private final ParsedTexts texts = new ParsedTexts(Features.STANDARD, CHARS_MAX, metrics);

  private long printed(String name) {
    return metrics.print().lines().filter(line -> line.startsWith(name + " ")).mapToLong(line -> Long.parseLong(line.split(" ")[1]))
        .findFirst().orElseThrow();
  }

  @Test
  void theSameTextGivesTheSameTree() {
    assertSame(texts.parse("sum(a)"), texts.parse("sum(a)"));
    assertNotSame(texts.parse("sum(a)"), texts.parse("sum( a)"));
    assertEquals(2, printed("tidemark_query_parsed_texts_total{from=\"cache\"}"));
    assertEquals(2, printed("tidemark_query_parsed_texts_total{from=\"parser\"}"));
    assertEquals("sum(a)".length() + "sum( a)".length() + 2L * ParsedTexts.ENTRY_CHARS, printed("tidemark_query_parsed_chars"));
    assertEquals(CHARS_MAX, printed("tidemark_query_parsed_max_chars"));
  }

  @Test
  void textsUsedLongestAgoGoFirst() {
    var first = texts.parse("first");
    var second = texts.parse("second");
    for (int i = 0; i < 100; i++) {
      texts.parse("other_" + i);
      assertSame(first, texts.parse("first"));
    }
    assertNotSame(second, texts.parse("second"));
  }

  @Test
  void neverHoldsMoreThanItsBound() {
    var random = new Random(4);
    for (int i = 0; i < 2_000; i++) {
      String text = "a".repeat(1 + random.nextInt(1_200));
      assertEquals(PromQL.parse(text, Features.STANDARD), texts.parse(text).tree);
      assertTrue(printed("tidemark_query_parsed_chars") <= CHARS_MAX);
    }
  }

  @Test
  void longTextsAndErrorsAreNotKept() {
    String longText = "1" + " ".repeat(ParsedTexts.TEXT_CHARS_MAX);
    var roomy = new ParsedTexts(Features.STANDARD, 100 * ParsedTexts.TEXT_CHARS_MAX, metrics);
    assertNotSame(roomy.parse(longText), roomy.parse(longText));
    for (int i = 0; i < 2; i++) {
      assertEquals("1:5: parse error: unclosed left parenthesis",
          assertThrows(TidemarkException.class, () -> roomy.parse("sum(")).getMessage());
    }
    assertEquals(0, printed("tidemark_query_parsed_chars"));
  }
}
