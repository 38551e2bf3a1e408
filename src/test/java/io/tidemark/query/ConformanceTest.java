package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.time.Clock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Runs Prometheus' own cases where they are at hand: in `$TIDEMARK_CONFORMANCE`, or in `shared/conformance/promqltest` beside this
/// checkout or beside a directory above it. All of them pass.
class ConformanceTest {
  @Test
  void passesEveryCase() {
    Optional<Path> cases = cases();
    if (cases.isEmpty()) {
      System.out.println("ConformanceTest: no cases at hand, nothing was checked; set TIDEMARK_CONFORMANCE to a directory of *.test files");
      return;
    }
    var printed = new ArrayList<String>();
    ScriptRunner.Report report = new ScriptRunner(QueryConfig.DEFAULT, Clock.system()).run(cases.get(), ScriptRunner.TIERS, printed::add);
    printed.stream().filter(line -> line.endsWith(" failed")).forEach(System.out::println);
    assertEquals(List.of(), report.failures(), () -> String.join("\n", printed));
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
