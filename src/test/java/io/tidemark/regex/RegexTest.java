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

  @Test
  void saysWhatIsWrongWithAPattern() {
    var failure = assertThrows(TidemarkException.class, () -> Regex.compile("a("));
    assertTrue(failure.getMessage().startsWith("error parsing regexp: missing closing )"), failure.getMessage());
  }
}
