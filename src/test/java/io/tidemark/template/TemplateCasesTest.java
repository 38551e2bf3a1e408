package io.tidemark.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Runs `template/*.cases`: `in` a template, `out` its text, `error` a part of its message.
class TemplateCasesTest {
  private static final long NOW_MILLIS = 1_643_114_203_000L;
  private static final LabelSet LABELS = LabelSet.of("job", "api", "instance", "a:9090");

  private record Thing() implements TemplateObject {
    @Override
    public Optional<Object> member(String name, List<Object> arguments) {
      return switch (name) {
        case "Name" -> Optional.of("thing");
        case "Self" -> Optional.of(this);
        case "Twice" -> Optional.of(arguments.getFirst() instanceof Long number ? number * 2 : Nil.NIL);
        default -> Optional.empty();
      };
    }

    @Override
    public String typeName() {
      return "Thing";
    }
  }

  private static final Map<String, Object> DATA = Map.ofEntries(
      Map.entry("Labels", KeyValues.of(LABELS)), Map.entry("Value", 15.0), Map.entry("Count", 3L),
      Map.entry("Items", List.of("x", "y", "z")),
      Map.entry("Empty", List.of()), Map.entry("Nested", Map.of("b", "two", "a", 1L)), Map.entry("Object", new Thing()),
      Map.entry("List", List.of(new QuerySample(LabelSet.of("job", "first"), 1))), Map.entry("Inf", Double.POSITIVE_INFINITY),
      Map.entry("NaN", Double.NaN), Map.entry("Time", GoTime.ofMillis(NOW_MILLIS)),
      Map.entry("ExternalLabels", KeyValues.of(LabelSet.of("region", "eu"))), Map.entry("ExternalURL", "http://tide.example/base"));

  private static List<QuerySample> query(String expression) {
    return switch (expression) {
      case "up" -> List.of(new QuerySample(LabelSet.of("id", "2", "job", "b"), 20), new QuerySample(LabelSet.of("id", "1", "job", "a"), 10),
          new QuerySample(LabelSet.of("id", "3", "job", "c"), 30));
      case "fails" -> throw new TidemarkException(ErrorCode.EXECUTION, "no such metric");
      default -> List.of();
    };
  }

  @TestFactory
  List<DynamicTest> language() throws IOException {
    return cases("language.cases", text -> Template.parse("case", text, prometheus()));
  }

  @TestFactory
  List<DynamicTest> prometheusFunctions() throws IOException {
    var globals = Map.of("labels", "Labels", "value", "Value", "externalLabels", "ExternalLabels", "externalURL", "ExternalURL");
    return cases("prometheus.cases", text -> Template.parse("case", text, prometheus(), globals));
  }

  @TestFactory
  List<DynamicTest> alertmanagerFunctions() throws IOException {
    return cases("alertmanager.cases", text -> Template.parse("case", text, Functions.alertmanager(NOW_MILLIS + 3_600_000)));
  }

  private static Functions prometheus() {
    return Functions.prometheus(new PrometheusScope(NOW_MILLIS, URI.create("http://tide.example/base"), TemplateCasesTest::query));
  }

  private static List<DynamicTest> cases(String file, Function<String, Template> parse) throws IOException {
    var tests = new ArrayList<DynamicTest>();
    try (InputStream in = TemplateCasesTest.class.getResourceAsStream("/template/" + file)) {
      List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      for (int i = 0; i + 1 < lines.size(); i++) {
        if (lines.get(i).startsWith("in ")) {
          String source = lines.get(i).substring(3);
          String expected = lines.get(i + 1);
          tests.add(dynamicTest(file + ":" + (i + 1) + " " + source, () -> check(parse, source, expected)));
        }
      }
    }
    return tests;
  }

  private static void check(Function<String, Template> parse, String source, String expected) {
    String found;
    try {
      found = "out " + parse.apply(source).render(DATA, RenderOptions.TEXT).replace("\n", "{NL}");
    } catch (TidemarkException e) {
      found = "error " + e.getMessage();
    }
    if (expected.startsWith("error ")) {
      assertTrue(found.startsWith("error ") && found.contains(expected.substring(6)), found);
    } else {
      assertEquals(expected, found);
    }
  }
}
