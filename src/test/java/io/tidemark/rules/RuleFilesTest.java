package io.tidemark.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Rule files: `rules/*.bad.yml` carry their problems in their first comments, `config/examples` must load.
class RuleFilesTest {
  private static final Path CASES = Path.of("src/test/resources/rules");
  private static final Path EXAMPLES = Path.of("config/examples");
  private static final RuleFiles FILES = new RuleFiles(RuleSettings.DEFAULT, Features.STANDARD);

  private static List<RuleGroup> parse(Path path) throws IOException {
    return FILES.parse(List.of(new RuleFile("r.yml", Files.readString(path))));
  }

  @TestFactory
  List<DynamicTest> badFilesTellEveryProblemWithItsPlace() throws IOException {
    try (Stream<Path> paths = Files.list(CASES)) {
      return paths.filter(p -> p.toString().endsWith(".bad.yml")).sorted().map(p -> dynamicTest(p.getFileName().toString(), () -> {
        String expected = Files.readAllLines(p).stream().takeWhile(line -> line.startsWith("# "))
            .map(line -> "r.yml:" + line.substring(2)).collect(Collectors.joining("\n"));
        var e = assertThrows(TidemarkException.class, () -> parse(p));
        assertEquals(ErrorCode.BAD_DATA, e.code());
        assertEquals(expected, e.getMessage());
      })).toList();
    }
  }

  @TestFactory
  List<DynamicTest> exampleRulesLoad() throws IOException {
    try (Stream<Path> paths = Files.walk(EXAMPLES)) {
      return paths.filter(p -> p.toString().endsWith(".yml")).filter(p -> {
        String name = p.getFileName().toString();
        return name.contains("rules") || p.getParent().endsWith("seeds");
      }).sorted().map(p -> dynamicTest(p.toString(), () -> parse(p))).toList();
    }
  }

  @Test
  void readsEveryKey() throws IOException {
    List<RuleGroup> groups = parse(CASES.resolve("complete.good.yml"));
    RuleGroup group = groups.getFirst();
    assertEquals(new RuleGroup("r.yml", "everything", 30_000, 10, 5_000, group.rules()), group);
    assertEquals(new Rule.Recording("job:requests:rate5m", "sum by (job) (rate(requests_total[5m]))",
        Map.of("team", "core", "severity", "none"), new Rule.Place(8, 9)), group.rules().getFirst());
    var alert = (Rule.Alerting) group.rules().get(1);
    assertEquals("job:requests:rate5m > 100", alert.query());
    assertEquals(5_400_000, alert.forMillis());
    assertEquals(300_000, alert.keepFiringForMillis());
    assertEquals(Map.of("team", "core", "severity", "info", "job", "{{ $labels.job | toUpper }}"), alert.labels());
    assertEquals(new RuleGroup("r.yml", "defaults", 15_000, 0, 0, List.of()), groups.get(1));
  }

  @Test
  void readingTwiceGivesEqualGroups() throws IOException {
    assertEquals(parse(CASES.resolve("complete.good.yml")), parse(CASES.resolve("complete.good.yml")));
  }

  @Test
  void tellsTheProblemsOfAllFilesAtOnce() {
    var files = List.of(new RuleFile("a.yml", "groups: [{name: ''}]"), new RuleFile("b.yml", "groups: 5"));
    var e = assertThrows(TidemarkException.class, () -> FILES.parse(files));
    assertEquals("a.yml:1:11: groups[0].name: required, but missing\nb.yml:1:1: groups: expected a list, found a text", e.getMessage());
  }
}
