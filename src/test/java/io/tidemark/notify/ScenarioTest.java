package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class ScenarioTest {
  private static final Path SCENARIOS = Path.of("src/test/resources/alerting/notify");

  @TestFactory
  Stream<DynamicTest> tellsWhatTheTimelineSays() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(SCENARIOS)) {
      files = list.filter(path -> path.toString().endsWith(".scenario")).sorted().toList();
    }
    assertFalse(files.isEmpty());
    return files.stream().map(file -> DynamicTest.dynamicTest(String.valueOf(file.getFileName()), () -> {
      var scenario = new Scenario(String.valueOf(file), Files.readString(file));
      List<String> sent = scenario.run();
      assertEquals(String.join("\n", scenario.expected()), String.join("\n", sent));
    }));
  }
}
