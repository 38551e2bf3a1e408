package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.notify.Outcome;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Faults of the machine one at a time, and what the whole engine does meanwhile and afterwards.
class FaultsSimulationTest {
  private static final int STEP_MILLIS = 15_000;
  private static final LabelSet FAULT = LabelSet.of(LabelSet.NAME, "fault", "i", "a");
  private static final LabelSet WELL = LabelSet.of(LabelSet.NAME, "fault", "i", "b");
  private static final String CONFIG = """
      data_dir: %s
      rule_files: [rules.yml]
      log: {segment_size: 256}
      storage: {retention: unlimited, out_of_order_window: unlimited}
      route: {receiver: team, group_by: [alertname], group_wait: 5s, group_interval: 30s, repeat_interval: 1000h}
      receivers:
        - name: team
          webhook_configs: [{url: 'http://team.test/'}]
      """;
  private static final String RULES = """
      groups:
        - name: faults
          rules:
            - alert: Fault
              expr: fault == 1
              for: 2m
      """;

  @TempDir
  private Path folder;
  private SimulationMachine machine;
  private final Map<Long, Long> acknowledged = new TreeMap<>();
  private double value;
  private int refused;

  private void boot() throws IOException {
    Files.writeString(folder.resolve("rules.yml"), RULES);
    Path config = Files.writeString(folder.resolve("tidemark.yml"), CONFIG.formatted(folder.resolve("data")));
    machine = new SimulationMachine(1, NodeConfig.load(new NodeConfig.Source(Optional.of(config), List.of())));
    machine.start();
  }

  /// Lets time go on, a sample every 15 s.
  private void live(int minutes) {
    for (int i = 0; i < minutes * 4; i++) {
      long at = machine.clock.millis();
      machine.add(FAULT, at, value);
      Future<Void> flushed = machine.flush();
      machine.time.runUntil(flushed::isComplete);
      if (flushed.succeeded()) {
        acknowledged.put(at, Double.doubleToRawLongBits(value));
      } else {
        assertTrue(flushed.cause() instanceof TidemarkException, () -> "told in plain words: " + flushed.cause());
        refused++;
      }
      machine.time.advance(STEP_MILLIS);
    }
  }

  /// Lets time go on before the series of the fault begins. Were it there with the value 0, then after the clock's step back its old and
  /// new samples would take turns, and an evaluation would see the one or the other by where in the 15 s it falls.
  private void liveWell(int minutes) {
    for (int i = 0; i < minutes * 4; i++) {
      machine.add(WELL, machine.clock.millis(), 0);
      machine.await(machine.flush());
      machine.time.advance(STEP_MILLIS);
    }
  }

  private List<String> told() {
    return machine.receiver.deliveries().stream().map(d -> d.notification().status()).toList();
  }

  private void assertAcknowledgedSamplesAnswer() {
    Map<Long, Long> found = machine.samples("fault", 48 * 3600).getOrDefault(FAULT, Map.of());
    acknowledged.forEach((at, bits) -> assertEquals(bits, found.get(at), () -> "sample at " + at));
  }

  /// Requirement C 38: writes are refused, queries and pages go on, and everything recovers by itself.
  @Test
  void fullDiskRefusesWritesButAnswersAndPages() throws IOException {
    boot();
    live(10);
    value = 1;
    live(1);
    machine.disk.capacity(0);
    live(3);
    assertTrue(refused >= 12, "writes are refused");
    assertAcknowledgedSamplesAnswer();
    assertEquals(List.of("firing"), told(), "the page goes out although nothing can be written");
    machine.disk.capacity(Long.MAX_VALUE);
    int before = refused;
    live(10);
    assertEquals(before, refused, "writes are taken again");
    value = 0;
    live(10);
    assertEquals(List.of("firing", "resolved"), told());
    assertAcknowledgedSamplesAnswer();
    machine.crash(7);
    machine.start();
    live(5);
    assertAcknowledgedSamplesAnswer();
    assertEquals(List.of("firing", "resolved"), told());
  }

  /// Requirement C 39: what could not be made durable is not acknowledged, and what was is there after a power cut.
  @ParameterizedTest
  @EnumSource(value = CrashingDisk.Kind.class, names = {"WRITE", "SYNC", "CREATE", "RENAME", "SYNC_DIRECTORY"})
  void failingDiskGivesNoFalseAcknowledgement(CrashingDisk.Kind kind) throws IOException {
    boot();
    live(10);
    machine.disk.fail(kind, _ -> true, ErrorCode.DISK_FAILED);
    value = 1;
    // Shorter than the lookback: the one sample that may still fit the open segment must not have aged when the next one comes.
    live(4);
    machine.disk.heal();
    live(5);
    machine.crash(3);
    machine.start();
    live(1);
    assertAcknowledgedSamplesAnswer();
    assertEquals(List.of("firing"), told());
  }

  /// Requirement C 41: the wall clock jumps, a fault that lasts is told once, and its end once.
  @ParameterizedTest
  @ValueSource(longs = {3_600_000, -3_600_000, 60_000, -60_000})
  void clockJumpWhileFiringTellsNothingTwice(long jumpMillis) throws IOException {
    boot();
    liveWell(90);
    value = 1;
    live(5);
    assertEquals(List.of("firing"), told());
    machine.moveClock(jumpMillis);
    live(10);
    assertEquals(List.of("firing"), told());
    value = 0;
    live(10);
    assertEquals(List.of("firing", "resolved"), told());
    // Samples of before a step back lie in the future until the clock is there again.
    machine.moveClock(Math.max(0, -jumpMillis));
    assertAcknowledgedSamplesAnswer();
  }

  @ParameterizedTest
  @ValueSource(longs = {3_600_000, -3_600_000})
  void clockJumpWhilePendingDelaysAPageByAtMostFor(long jumpMillis) throws IOException {
    boot();
    liveWell(90);
    value = 1;
    live(1);
    machine.moveClock(jumpMillis);
    live(4);
    assertEquals(List.of("firing"), told());
  }

  @ParameterizedTest
  @ValueSource(longs = {3_600_000, -3_600_000})
  void clockJumpDoesNotHoldBackWhatAReceiverRefusedBefore(long jumpMillis) throws IOException {
    boot();
    liveWell(90);
    value = 1;
    machine.receiver.answers(() -> new Outcome.Retry("HTTP 503", 0));
    live(10);
    machine.moveClock(jumpMillis);
    live(1);
    machine.receiver.answers(() -> new Outcome.Delivered("taken"));
    live(3);
    assertEquals(List.of("firing"), told());
  }

  /// The alert log is read again over many segments; between two of them a group may be flushed.
  @Test
  void restartTellsNothingAgainThatIsOver() throws IOException {
    boot();
    live(1);
    value = 1;
    live(5);
    value = 0;
    live(2);
    assertEquals(List.of("firing", "resolved"), told());
    machine.crash(1);
    machine.start();
    live(20);
    assertEquals(List.of("firing", "resolved"), told());
  }

  @Test
  void unlimitedRetentionSurvivesRestartsAndSeals() throws IOException {
    boot();
    long old = machine.clock.millis() - 400L * 24 * 3_600_000;
    machine.add(FAULT, old, 5);
    machine.await(machine.flush());
    for (int i = 0; i < 4; i++) {
      live(60);
      if (i % 2 == 0) {
        machine.await(machine.engine().storage().seal());
        machine.stop();
        machine.time.crash();
      } else {
        machine.crash(i);
      }
      machine.start();
    }
    machine.await(machine.engine().storage().compact());
    assertAcknowledgedSamplesAnswer();
    var oldest = new ArrayList<>(machine.samples("fault", 401L * 24 * 3600).get(FAULT).keySet());
    assertEquals(old, oldest.getFirst());
  }
}
