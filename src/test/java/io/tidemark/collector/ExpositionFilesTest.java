package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Each `exposition/*.in` is pushed (`*.om.in` as OpenMetrics); what is stored and what is refused must be as in the `.out` beside it.
/// `-Dgolden.update=true` writes the `.out` files anew.
class ExpositionFilesTest {
  private static final Path DIRECTORY = Path.of("src/test/resources/exposition");

  @TestFactory
  Stream<DynamicTest> pushedTextGivesWhatTheFileSays() throws IOException {
    List<Path> inputs;
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      inputs = files.filter(file -> file.toString().endsWith(".in")).sorted().toList();
    }
    assertTrue(inputs.size() >= 6, () -> "cases in " + DIRECTORY + ": " + inputs);
    return inputs.stream().map(input -> DynamicTest.dynamicTest(input.getFileName().toString(), () -> check(input)));
  }

  private static void check(Path input) throws IOException {
    Path expected = input.resolveSibling(input.getFileName().toString().replaceAll("\\.in$", ".out"));
    String found = outcome(Files.readAllBytes(input), input.toString().endsWith(".om.in"));
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(expected, found);
    }
    assertEquals(Files.readString(expected), found, input.toString());
  }

  private static String outcome(byte[] body, boolean openMetrics) {
    var fixture = new CollectorFixture();
    String type = openMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4";
    IngestResult result = fixture.result(() -> fixture.ingest.text(body, BodyEncoding.IDENTITY, type, "test", CollectorFixture.TRACE));
    var lines = new ArrayList<String>();
    fixture.stored().forEach(sample -> lines.add(sample.labels() + " " + sample.value()
        + (sample.timestampMillis() == fixture.time.millis() ? "" : " @" + sample.timestampMillis())));
    fixture.metadata().forEach(m -> lines.add("# " + m.metric() + " " + m.type() + " \""
        + m.help().replace("\n", "\\n") + "\" " + m.unit()));
    fixture.exemplars().forEach(e -> lines.add("# exemplar " + e.labels() + " " + e.value() + " @" + e.timestampMillis()));
    lines.sort(null);
    switch (result) {
      case IngestResult.Stored stored -> {
        lines.add("stored " + stored.samples() + ", refused " + stored.rejected() + ", exemplars " + stored.exemplars());
        stored.rejections().forEach(r -> lines.add(r.samples() + " " + r.rule() + ": " + r.example()));
      }
      case IngestResult.Refused refused -> lines.add(refused.code() + ": " + refused.message());
    }
    return String.join("\n", lines) + "\n";
  }
}
