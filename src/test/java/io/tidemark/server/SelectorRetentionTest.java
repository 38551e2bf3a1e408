package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelectorRetentionTest {
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;
  private static final LabelSet CRITICAL = LabelSet.of(LabelSet.NAME, "m", "severity", "critical");
  private static final LabelSet OTHER = LabelSet.of(LabelSet.NAME, "m", "severity", "low");
  private static final String CONFIG = """
      data_dir: /data
      query: {warm_up: 0}
      storage:
        retention: 1y
        out_of_order_window: unlimited
        retention_rules:
          - match: '{__name__=~".+", severity!="critical"}'
            retention: 30d
      """;

  private static SimulationMachine machine(Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("tidemark.yml"), CONFIG);
    var machine = new SimulationMachine(1, NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of())));
    machine.start();
    return machine;
  }

  /// An hour of samples of both series, so many days ago.
  private static void write(SimulationMachine machine, int daysAgo) {
    long from = machine.clock.millis() - daysAgo * DAY;
    for (int i = 0; i < 60; i++) {
      machine.add(CRITICAL, from + i * 60_000L, Math.sin(i));
      machine.add(OTHER, from + i * 60_000L, Math.cos(i));
    }
    machine.await(machine.flush());
  }

  private static int count(SimulationMachine machine, LabelSet series) {
    return machine.samples("m", 400 * DAY / 1_000).getOrDefault(series, Map.of()).size();
  }

  @Test
  void onlyWhatNoRuleNamesOutlivesTheRule(@TempDir Path folder) throws Exception {
    SimulationMachine machine = machine(folder);
    write(machine, 40);
    write(machine, 10);
    machine.await(machine.engine().storage().seal());
    assertEquals(120, count(machine, OTHER));
    machine.time.advance(2 * SelectorRetention.FIRST_LOOK_MILLIS);
    assertEquals(60, count(machine, OTHER));
    assertEquals(120, count(machine, CRITICAL));
    machine.moveClock(25 * DAY);
    machine.time.advance(SelectorRetention.LOOK_MILLIS + 60_000);
    assertEquals(0, count(machine, OTHER));
    assertEquals(120, count(machine, CRITICAL));
    assertEquals(2, machine.metric("tidemark_retention_deletes_total"));
    machine.time.advance(DAY);
    assertEquals(120, machine.metric("tidemark_erase_samples_total"));
    assertTrue(machine.metric("tidemark_erase_reclaimed_bytes_total") > 0);
    machine.stop();
  }

  @Test
  void aDayIsDeletedOnceWhateverRestartsComeBetween(@TempDir Path folder) throws Exception {
    SimulationMachine machine = machine(folder);
    write(machine, 40);
    machine.time.advance(2 * SelectorRetention.FIRST_LOOK_MILLIS);
    assertEquals(1, machine.metric("tidemark_erase_requests_total"));
    machine.stop();
    machine.start();
    machine.time.advance(2 * SelectorRetention.FIRST_LOOK_MILLIS);
    assertEquals(0, machine.metric("tidemark_erase_requests_total"));
    assertEquals(60, count(machine, CRITICAL));
    machine.crash(7);
    machine.start();
    machine.time.advance(2 * SelectorRetention.FIRST_LOOK_MILLIS);
    assertEquals(0, machine.metric("tidemark_erase_requests_total"));
    assertEquals(0, count(machine, OTHER));
    machine.stop();
  }

  @Test
  void whatIsWrongInARuleIsNamed(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("tidemark.yml"), """
        storage:
          retention_rules:
            - {match: '{a=', retention: 30d}
            - {match: 'm', retention: 90m}
            - {retention: 30d}
        """);
    String problems = assertThrows(TidemarkException.class,
        () -> NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of()))).getMessage();
    assertTrue(problems.contains("tidemark.yml:3:"), problems);
    assertTrue(problems.contains("match: "), problems);
    assertTrue(problems.contains("whole days"), problems);
  }
}
