package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.promql.Features;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Each `query/*.plan` is a query, an empty line and how it is evaluated. `-Dgolden.update=true` rewrites what follows the empty line.
class PlanFilesTest {
  private static final Path DIRECTORY = Path.of("src/test/resources/query");

  private final QueryEngine engine = new QueryEngine(new MemoryReader(), QueryConfig.DEFAULT.withFeatures(Features.STANDARD), Runnable::run,
      Clock.system(), new Metrics());

  @TestFactory
  Stream<DynamicTest> queriesAreEvaluatedAsTheFileSays() throws IOException {
    List<Path> plans;
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      plans = files.filter(file -> file.toString().endsWith(".plan")).sorted().toList();
    }
    assertTrue(plans.size() >= 12, () -> "plans in " + DIRECTORY + ": " + plans);
    return plans.stream().map(plan -> DynamicTest.dynamicTest(plan.getFileName().toString(), () -> check(plan)));
  }

  private void check(Path plan) throws IOException {
    String text = Files.readString(plan);
    int end = text.indexOf("\n\n");
    String query = text.substring(0, end);
    String found = query + "\n\n" + engine.explain(query);
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(plan, found);
    }
    assertEquals(Files.readString(plan), found, plan.toString());
  }
}
