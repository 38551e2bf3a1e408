package io.tidemark.regex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexTest {
  private static final List<String> TEXTS = List.of("", "a", "b", "ab", "abc", "xaby", "a\nb", "aab", "foo.bar", ".*", "|");

  /// The short cuts must agree with the engine; an extra group keeps a pattern from taking one.
  @ParameterizedTest
  @ValueSource(strings = {"", "a", "a|b", "a||b", ".*", ".+", "a.*", "a.+", ".*b", ".+b", ".*a.*", ".+a.+", ".*ab.+", "a.b", "[ab]+",
      "(?i)AB"})
  void shortCutsAgreeWithTheEngine(String pattern) {
    Regex quick = Regex.compile(pattern);
    Regex slow = Regex.compile("(?:" + pattern + ")(?:)");
    for (String text : TEXTS) {
      assertEquals(slow.matches(text), quick.matches(text), () -> "/" + pattern + "/ on \"" + text + "\"");
    }
  }

  @Test
  void listsTheTextsOfAnAlternation() {
    assertEquals(Set.of("a", "b"), Regex.compile("a|b").literals().orElseThrow());
    assertTrue(Regex.compile("a|b.").literals().isEmpty());
  }

  /// Requirement C 22.
  @Test
  void takesLinearTimeAndRefusesHugePatterns() {
    String text = "a".repeat(100_000) + "!";
    assertTimeoutPreemptively(Duration.ofSeconds(30), () -> Regex.compile("(a+)+").matches(text));
    var tooLong = assertThrows(TidemarkException.class, () -> Regex.compile("x".repeat(1_000_000)));
    assertEquals(ErrorCode.BAD_DATA, tooLong.code());
    assertThrows(TidemarkException.class, () -> Regex.compile("(".repeat(30_000)));
  }

  /// Requirement C 22: counts within counts would fill the memory when compiled.
  @Test
  void refusesRepetitionsThatMultiply() {
    for (String huge : List.of("((((a{1,100}){1,100}){1,100}){1,100})", "(a{1000}){1000}", "((a{0,1000}){5}){900}",
        "(" + "x".repeat(60_000) + "){500}", "([a-z{2}]{1000}){1000}")) {
      var failure = assertThrows(TidemarkException.class, () -> Regex.compile(huge));
      assertEquals(ErrorCode.BAD_DATA, failure.code());
      assertTrue(failure.getMessage().contains("repetitions written out"), failure.getMessage());
    }
    for (String small : List.of("a{1000}", "(a{10}){100}", "[{1000}]{3}", "\\x{1000}{3}", "\\{1000}", "a{,1000}", "\\Q{9}{9}{9}{9}\\E",
        "[[:alpha:]]{5}[]{1000}]{2}", "a{2}b{3,}c{4,5}", "{1")) {
      assertTrue(Regex.compile(small).source().equals(small));
    }
  }

  @Test
  void saysWhatIsWrongWithAPattern() {
    var failure = assertThrows(TidemarkException.class, () -> Regex.compile("a("));
    assertTrue(failure.getMessage().startsWith("error parsing regexp: missing closing )"), failure.getMessage());
  }
}
