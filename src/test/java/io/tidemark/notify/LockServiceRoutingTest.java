package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.LabelSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockServiceRoutingTest {
  private static final Path FILE = Path.of("config/examples/lock-service/routing.yml");

  @Test
  void exampleLoadsAndRoutesBySeverity() throws IOException {
    NotifyConfig config = NotifyConfig.parse(Files.readString(FILE), FILE.toString(), FILE.getParent());
    assertEquals(List.of("pagerduty", "slack-critical"), receivers(config, "critical"));
    assertEquals(List.of("slack-warnings"), receivers(config, "warning"));
    assertEquals(List.of("default"), receivers(config, "info"));
  }

  private static List<String> receivers(NotifyConfig config, String severity) {
    return config.root().match(LabelSet.of("alertname", "EtcdDown", "severity", severity)).stream().map(Route::receiver).toList();
  }
}
