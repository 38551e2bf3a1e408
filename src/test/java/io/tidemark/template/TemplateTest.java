package io.tidemark.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TemplateTest {
  private static final Map<String, Object> DATA = Map.of("Labels", KeyValues.of(LabelSet.of("a", "<b>")));

  @Test
  void escapesPrintedValuesInHtmlButNotTextAndSafeValues() {
    var template = Template.parse("mail", "<p>{{.Labels.a}}{{safeHtml \"<i>\"}}</p>", Functions.alertmanager(0));
    assertEquals("<p>&lt;b&gt;<i></p>", template.render(DATA, RenderOptions.HTML));
  }

  @Test
  void printsNoValueForMissingKeysAsGoDoes() {
    var template = Template.parse("go", "{{.Labels.none}} {{.none}} {{.none.deeper}}", Functions.builtin());
    assertEquals("<no value> <no value> <no value>", template.render(DATA, RenderOptions.GO));
  }

  @Test
  void derivedTextsCallSharedDefinitions() {
    var shared = Template.parse("a.tmpl", "{{define \"x\"}}1{{end}}", Functions.builtin())
        .with("b.tmpl", "{{define \"y\"}}2{{template \"x\"}}{{end}}");
    assertEquals("21!", shared.derive("title", "{{template \"y\"}}!").render(DATA, RenderOptions.TEXT));
    assertEquals("3", shared.derive("title", "{{define \"x\"}}3{{end}}{{template \"x\"}}").render(DATA, RenderOptions.TEXT));
    assertEquals("21", shared.derive("title", "{{template \"y\"}}").render(DATA, RenderOptions.TEXT));
  }

  @Test
  void functionsOfTheMomentReplaceThoseOfParsing() {
    var template = Template.parse("m", "{{since .T}}", Functions.alertmanager(0));
    assertEquals("5s", template.render(Map.of("T", GoTime.ofMillis(0)), Functions.alertmanager(5000), RenderOptions.TEXT));
  }

  @Test
  void namesLineAndColumnOfAMistake() {
    var e = assertThrows(TidemarkException.class, () -> Template.parse("summary", "ok\n  {{ .a | nope }}", Functions.builtin()));
    assertEquals(ErrorCode.BAD_DATA, e.code());
    assertEquals("template summary:2:11: function \"nope\" not defined", e.getMessage());
  }

  @Test
  void refusesDeepNestingWithoutOverflow() {
    for (String deep : new String[] {"{{" + "(".repeat(50_000) + "1" + ")".repeat(50_000) + "}}",
        "{{if 1}}".repeat(50_000) + "{{end}}".repeat(50_000), "{{if 1}}" + "{{else if 1}}".repeat(50_000) + "{{end}}"}) {
      var e = assertThrows(TidemarkException.class, () -> Template.parse("deep", deep, Functions.builtin()));
      assertTrue(e.getMessage().contains("levels deep"), e.getMessage());
    }
  }

  @Test
  void stopsDoublingOutputOfNestedRendering() {
    var template = Template.parse("bomb", "{{define \"a\"}}{{tmpl \"b\" .}}{{tmpl \"b\" .}}{{end}}{{define \"b\"}}"
        + "xxxxxxxxxx".repeat(60_000) + "{{end}}{{template \"a\" .}}", Functions.prometheus(PrometheusScope.NOTHING));
    var e = assertThrows(TidemarkException.class, () -> template.render(DATA, RenderOptions.TEXT));
    assertEquals(ErrorCode.EXECUTION, e.code());
  }

  @Test
  void printsNumbersAsGoDoes() {
    assertEquals("1.5e+01", GoNumbers.exponent(15));
    assertEquals("0e+00", GoNumbers.exponent(0));
    assertEquals("-2.5e-07", GoNumbers.exponent(-2.5e-7));
    assertEquals("5e-324", GoNumbers.print(Double.MIN_VALUE));
    assertEquals("1.7976931348623157e+308", GoNumbers.print(Double.MAX_VALUE));
    assertEquals("0.1", GoNumbers.print(0.1));
    assertEquals("-0", GoNumbers.print(-0.0));
    assertEquals("100000000000000000000000", GoNumbers.plain(1e23));
    assertEquals("NaN", GoNumbers.exponent(Double.NaN));
    assertEquals("+Inf", GoNumbers.plain(Double.POSITIVE_INFINITY));
  }
}
