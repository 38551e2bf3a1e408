package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Opens every page of the user interface in a real Chromium against a real engine with an alert that fires. The checks themselves are
/// in `ui/test/pages.mjs`; screenshots stay in `target/screenshots`.
class BrowserTest {
  private static final Path TOP = Path.of("").toAbsolutePath();

  @Test
  void everyPageWorksInChromium(@TempDir Path directory) throws Exception {
    Path rules = Files.writeString(directory.resolve("rules.yml"), """
        groups:
          - name: browser
            interval: 1s
            rules:
              - alert: BrowserTestFires
                expr: browser_test_value > 1
                labels: {severity: critical}
                annotations:
                  summary: 'Value is {{ $value }}'
                  runbook: https://example.org/runbook
        """);
    Path config = Files.writeString(directory.resolve("tidemark.yml"), "rule_files: [" + rules.getFileName() + "]\n");
    Path screenshots = TOP.resolve("target/screenshots");
    Files.createDirectories(screenshots);
    try (EngineProcess engine = EngineProcess.start(directory.resolve("data"), "--config", config.toString())) {
      for (int i = 0; i < 30; i++) {
        long millis = System.currentTimeMillis() - (30 - i) * 15_000L;
        String text = "browser_test_value{instance=\"a\"} " + (i + 2) + " " + millis + "\nbrowser_test_total " + i * 10 + " " + millis
            + "\n";
        assertEquals(204, engine.post("/api/v1/import/prometheus", "text/plain", text.getBytes(StandardCharsets.UTF_8)).statusCode());
      }
      // The pages do without it, as they must with other servers; this engine has to offer it.
      assertEquals(200, engine.get("/v1/cluster").statusCode());
      Process browser = new ProcessBuilder(List.of("node", "ui/test/pages.mjs", engine.url(), screenshots.toString(),
          "--expect-alert", "BrowserTestFires")).directory(TOP.toFile()).redirectErrorStream(true)
          .redirectOutput(screenshots.resolve("checks.txt").toFile()).start();
      assertTrue(browser.waitFor(10, TimeUnit.MINUTES), "the browser test did not end");
      String output = Files.readString(screenshots.resolve("checks.txt"));
      assertEquals(0, browser.exitValue(), output);
      System.out.println("browser test: " + output.lines().reduce((_, last) -> last).orElse(""));
    }
  }
}
