package io.tidemark.template;

import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Entropy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Whatever the text, parsing and rendering end with a text or a `TidemarkException`.
class TemplateFuzzTest {
  private static final List<String> PIECES = List.of("{{", "}}", "{{- ", " -}}", "if ", "else", "end", "range ", "with ", "define \"a\"",
      "template \"a\" ", "block \"b\" ", ".", ".Labels", ".Labels.x", "$", "$x", " := ", " = ", ", ", " | ", "(", ")", "\"s\"", "`r`",
      "'c'", "1", "-2.5e3", "0x", "true", "nil", "printf ", "\"%v %5.2f\" ", "index ", "slice ", "eq ", "and ", "or ", "humanize ",
      "first ", "query ", "args ", "tmpl ", "reReplaceAll ", "break", "continue", "/*", "*/", "text", "\n", "\"", "\\",
      "{{end}}", "{{.}}", "}",
      "é", "😀");
  private static final Map<String, Object> DATA = Map.of("Labels", KeyValues.of(LabelSet.of("x", "y")), "Value", 1.0, "List", List.of(1L));
  private static final Functions FUNCTIONS = Functions.prometheus(PrometheusScope.NOTHING);

  @Test
  void endsWithATextOrATypedFailure() {
    Entropy entropy = Entropy.seeded(20_260_101);
    for (int run = 0; run < 40_000; run++) {
      var source = new StringBuilder();
      for (int pieces = entropy.nextInt(14); pieces >= 0; pieces--) {
        source.append(PIECES.get(entropy.nextInt(PIECES.size())));
      }
      check(source.toString());
      check("{{" + source + "}}");
    }
  }

  private static void check(String source) {
    try {
      Template.parse("fuzz", source, FUNCTIONS).render(DATA, RenderOptions.TEXT);
    } catch (TidemarkException e) {
      if (e.getMessage().isEmpty()) {
        fail("no message for " + source);
      }
    } catch (RuntimeException e) {
      fail("template: " + source, e);
    }
  }
}
