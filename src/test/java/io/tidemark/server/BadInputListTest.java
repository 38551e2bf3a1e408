package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Keeps docs/bad-input.md true: the tests it names exist, and no row is without one unless it says that it is open.
class BadInputListTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+)#(\\w+)`");
  private static final Pattern ROW = Pattern.compile("\\| (\\d+) \\|.*\\|.*\\| (.*) \\|");
  private static final List<Integer> BUILT = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 17, 18, 22, 23, 24, 25, 26, 27, 30, 31, 33, 38,
      39, 40);

  private static Map<String, String> testSources() throws IOException {
    var sources = new HashMap<String, String>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      for (Path file : files.filter(p -> p.toString().endsWith("Test.java")).toList()) {
        sources.merge(file.getFileName().toString().replace(".java", ""), Files.readString(file), String::concat);
      }
    }
    return sources;
  }

  @Test
  void everyNamedTestExists() throws IOException {
    Map<String, String> sources = testSources();
    var missing = new ArrayList<String>();
    List<MatchResult> named = NAMED.matcher(Files.readString(Path.of("docs/bad-input.md"))).results().toList();
    for (MatchResult test : named) {
      if (!Pattern.compile("(void|Stream<DynamicTest>) " + test.group(2) + "\\(").matcher(sources.getOrDefault(test.group(1), "")).find()) {
        missing.add(test.group());
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(named.size() > 50);
  }

  @Test
  void everyCaseOfWhatIsBuiltHasARow() throws IOException {
    var rows = new HashMap<Integer, String>();
    for (String line : Files.readAllLines(Path.of("docs/bad-input.md"))) {
      ROW.matcher(line).results().forEach(row -> rows.put(Integer.parseInt(row.group(1)), row.group(2)));
    }
    for (int number : BUILT) {
      assertTrue(NAMED.matcher(rows.getOrDefault(number, "")).find(), "row " + number + " names no test");
    }
    rows.forEach((number, test) -> assertTrue(test.contains("#") || test.startsWith("open"), "row " + number));
  }
}
