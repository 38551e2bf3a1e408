package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.time.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Runs Prometheus' own cases where they are at hand: in `$TIDEMARK_CONFORMANCE`, or in `shared/conformance/promqltest` beside this
/// checkout or beside a directory above it. What is known to fail is listed; the list only shrinks.
class ConformanceTest {
  private static final Path KNOWN_FAILURES = Path.of("src/test/resources/promql/known-failures.txt");

  @Test
  void failsOnlyWhereKnown() throws IOException {
    Optional<Path> cases = cases();
    if (cases.isEmpty()) {
      System.out.println("ConformanceTest: no cases at hand, nothing was checked; set TIDEMARK_CONFORMANCE to a directory of *.test files");
      return;
    }
    var printed = new ArrayList<String>();
    ScriptRunner.Report report = new ScriptRunner(QueryConfig.DEFAULT, Clock.system()).run(cases.get(), ScriptRunner.TIERS, printed::add);
    printed.stream().filter(line -> line.endsWith(" failed")).forEach(System.out::println);
    Set<String> known = Files.readAllLines(KNOWN_FAILURES).stream().filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(String::strip).collect(Collectors.toCollection(TreeSet::new));
    List<String> unknown = printed.stream().filter(line -> report.failures().contains(line.split(" ", 2)[0]))
        .filter(line -> !known.contains(line.split(" ", 2)[0])).toList();
    assertEquals(List.of(), unknown, "cases that fail and are not in " + KNOWN_FAILURES);
    List<String> mended = report.passes().stream().filter(known::contains).toList();
    assertEquals(List.of(), mended, "cases that pass now; take them out of " + KNOWN_FAILURES);
  }

  private static Optional<Path> cases() {
    String named = System.getenv("TIDEMARK_CONFORMANCE");
    if (named != null && !named.isBlank()) {
      return Optional.of(Path.of(named));
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path cases = at.resolveSibling("shared").resolve("conformance/promqltest");
      if (Files.isDirectory(cases)) {
        return Optional.of(cases);
      }
    }
    return Optional.empty();
  }
}
