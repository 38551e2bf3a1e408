package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatchersTest {
  @ParameterizedTest
  @CsvSource(delimiter = '§', quoteCharacter = '\0', value = {
      "severity=\"critical\"              § {severity=\"critical\"}",
      "severity = critical                § {severity=\"critical\"}",
      "{ a=\"b\" , c!=d , }               § {a=\"b\",c!=\"d\"}",
      "a=~\"x|y.*\", b!~z                 § {a=~\"x|y.*\",b!~\"z\"}",
      "\"dotted.name\"=\"a \\\"q\\\" \\\\\" § {\"dotted.name\"=\"a \\\"q\\\" \\\\\"}",
      "größe=🔥                           § {\"größe\"=\"🔥\"}",
      "a=                                 § {a=\"\"}",
      "{}                                 § {}",
      "b=1,a=2                            § {a=\"2\",b=\"1\"}",
      "a=\"\\x41\\u00e9\"                 § {a=\"Aé\"}"})
  void readsAlertmanagersSyntax(String text, String printed) {
    assertEquals(printed, Matchers.parse(text).toString());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
      "severity        | character 9: expected one of = != =~ !~",
      "=x              | character 1: expected a label name",
      "a=\"x           | character 3: the quote that opens here is never closed",
      "{a=b            | character 5: expected a comma or a closing brace",
      "a=b c=d         | character 5: expected a comma or the end",
      "a=\"\\q\"       | character 5: unknown escape",
      "\"\"=b          | character 3: a label name must not be empty",
      "a=~(            | error parsing regexp"})
  void saysWhereASyntaxErrorIs(String text, String message) {
    String found = assertThrows(TidemarkException.class, () -> Matchers.parse(text.strip())).getMessage();
    assertTrue(found.contains(message), found);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '§', quoteCharacter = '\0', value = {
      "ip=~\"10\\.0\\..*\"              § {ip=~\"10\\\\.0\\\\..*\"}",
      "x=~\"\\d+\"                      § {x=~\"\\\\d+\"}",
      "a=\"b\\.c\"                      § {a=\"b\\\\.c\"}",
      "url=http://a/b?x=1               § {url=\"http://a/b?x=1\"}",
      "{ a = b c , d!~\"\\w, \\\"q\\\"\", } § {a=\"b c\",d!~\"\\\\w, \\\"q\\\"\"}",
      "a=\\                             § {a=\"\\\\\"}",
      "a=b!                             § {a=\"b!\"}",
      "a=\"\\x41\"                      § {a=\"A\"}",
      "\"dotted.name\"=x                § {\"dotted.name\"=\"x\"}"})
  void readsTheClassicSyntaxWhereTheNewOneRefuses(String text, String printed) {
    assertEquals(printed, Matchers.parseOrClassic(text, "here").toString());
    assertEquals(printed, Matchers.parse(printed).toString(), "the suggestion is in the new syntax");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
      "a==\"x\"        | character 3: expected a value",
      "a=\"x           | character 3: the quote that opens here is never closed",
      "a=\"x\"y\"       | expected a comma or the end",
      "a.b=\"\\d\"     | unknown escape",
      "=x              | character 1: expected a label name",
      "severity        | expected one of = != =~ !~",
      "a=~\"[\"         | matcher `a=~\"[\"`: error parsing regexp"})
  void tellsTheNewSyntaxsErrorForWhatIsInNeither(String text, String message) {
    String found = assertThrows(TidemarkException.class, () -> Matchers.parseOrClassic(text.strip(), "here")).getMessage();
    assertTrue(found.contains(message), found);
  }

  @Test
  void takesAMissingLabelForAnEmptyOne() {
    assertTrue(Matchers.parse("team!=a").matches(LabelSet.EMPTY));
    assertTrue(Matchers.parse("team=~\"|a\"").matches(LabelSet.EMPTY));
    assertFalse(Matchers.parse("team=~\".+\"").matches(LabelSet.EMPTY));
    assertFalse(Matchers.parse("a=b,team=a").matches(LabelSet.of("a", "b")));
  }

  @Test
  void anchorsPatternsAtBothEnds() {
    assertFalse(Matchers.parse("a=~\"x\"").matches(LabelSet.of("a", "xy")));
  }
}
