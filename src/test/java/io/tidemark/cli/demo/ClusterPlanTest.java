package io.tidemark.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.server.NodeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ClusterPlanTest {
  private static final int MEMORY_MB = 6 * 1024;

  private static ClusterPlan plan() {
    return ClusterPlan.of(Path.of("data"), Path.of("config/examples/cluster/tidemark.yml"), "127.0.0.1:9070", 9_300);
  }

  /// Two nodes of each role, no port twice, all in less than 6 GB.
  @Test
  void theClusterFitsOnOneMachine() {
    ClusterPlan plan = plan();
    assertEquals(14, plan.programs().size());
    assertTrue(plan.programs().stream().mapToInt(Program::memoryMb).sum() < MEMORY_MB, plan::toString);
    for (String role : List.of("collector", "storage", "query,api", "rules", "notifier")) {
      assertEquals(2, plan.nodes().stream().filter(node -> node.arguments().contains(role)).count(), role);
    }
    assertEquals(List.of("storage-1", "storage-2"), plan.storage().stream().map(Program::name).toList());
    assertEquals("http://127.0.0.1:9070", plan.urls().get("query-1"));
    var ports = new HashSet<Integer>();
    Pattern port = Pattern.compile("listen(?:=|, )127\\.0\\.0\\.1:(\\d+)");
    for (Program node : plan.nodes()) {
      Matcher matcher = port.matcher(String.join(", ", node.arguments()));
      while (matcher.find()) {
        int found = Integer.parseInt(matcher.group(1));
        assertTrue(ports.add(found), () -> node + " shares port " + found);
        assertTrue(found == 9_070 || found >= 9_300 && found < 9_300 + ClusterPlan.PORTS, node::toString);
      }
    }
    assertEquals(20, ports.size());
  }

  /// The example's file with what each node's command line sets.
  @Test
  void everyNodeIsConfiguredWell() {
    for (Program node : plan().nodes()) {
      List<String> arguments = node.arguments();
      var settings = new ArrayList<String>();
      for (int i = 2; i < arguments.size(); i += 2) {
        switch (arguments.get(i)) {
          case "--set" -> settings.add(arguments.get(i + 1));
          case "--roles" -> settings.add("roles=" + arguments.get(i + 1));
          case "--listen" -> settings.add("listen=" + arguments.get(i + 1));
          case "--data-dir" -> settings.add("data_dir=" + arguments.get(i + 1));
          default -> assertEquals("--config", arguments.get(i));
        }
      }
      NodeConfig config = NodeConfig.load(new NodeConfig.Source(Optional.of(Path.of(arguments.get(arguments.indexOf("--config") + 1))),
          settings));
      assertFalse(config.ruleGroups().isEmpty());
      assertTrue(config.notifier().isPresent());
    }
  }
}
