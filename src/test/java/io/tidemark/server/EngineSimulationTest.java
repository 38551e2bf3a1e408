package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import io.tidemark.notify.Notification;
import io.tidemark.notify.Outcome;
import io.tidemark.rules.AlertState;
import io.tidemark.rules.GroupView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Four hours of the whole engine in virtual time, with power cuts in the middle of disk calls, kills, orderly restarts, disk calls
/// that fail and receivers that refuse; one seed decides all. Afterwards
///
/// - every acknowledged sample answers, bit for bit;
/// - every fault that lasted longer than `for` was told, and its end too; none that was shorter;
/// - nobody was told the same thing twice;
/// - `for` never started over.
///
/// `-Dsimulation.seed=N` repeats one seed, `-Dsimulation.seeds=N` runs that many.
class EngineSimulationTest {
  private static final long MINUTE = 60_000;
  private static final long FOR_MILLIS = 2 * MINUTE;
  private static final int STEP_MILLIS = 15_000;
  private static final int STEPS = 4 * 240;
  private static final int FAULTS = 4;
  /// From a delivery until the notification log is durable. A power cut within may repeat it: better twice than never.
  private static final long NOTED_MILLIS_MAX = 20;

  private static final String CONFIG = """
      data_dir: %s
      rule_files: [rules.yml]
      global: {evaluation_interval: 15s}
      log: {segment_size: 64KiB}
      storage: {checkpoint_interval: 2m}
      route:
        receiver: team
        group_by: [alertname, i]
        group_wait: 5s
        group_interval: 30s
        repeat_interval: 1000h
      receivers:
        - name: team
          webhook_configs: [{url: 'http://team.test/'}]
      """;
  private static final String RULES = """
      groups:
        - name: faults
          rules:
            - record: faults:sum
              expr: sum(fault)
            - alert: Fault
              expr: fault == 1
              for: 2m
              annotations:
                summary: '{{ $labels.i }} of {{ with query "faults:sum" }}{{ . | first | value }}{{ end }}'
      """;

  /// A time in which one of the series says that something is wrong.
  ///
  /// @param index of the spell within its series
  private record Spell(int fault, int index, long startMillis, long endMillis) {
    boolean isLong() {
      return endMillis - startMillis > FOR_MILLIS;
    }
  }

  @TempDir
  private Path folder;

  private Random random;
  private SimulationMachine machine;
  private final List<Spell> spells = new ArrayList<>();
  private final Map<LabelSet, Map<Long, Long>> acknowledged = new TreeMap<>();
  private final Map<Spell, Long> activeAt = new HashMap<>();
  private final List<Long> crashes = new ArrayList<>();
  private boolean calm;

  static LongStream seeds() {
    long one = Long.getLong("simulation.seed", 0);
    return one != 0 ? LongStream.of(one) : LongStream.rangeClosed(1, Long.getLong("simulation.seeds", 24));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void losesNoSampleAndNoPageAndDoublesNone(long seed) throws IOException {
    try {
      run(seed);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + " at " + machine.time.millis() + ": " + e.getMessage()
          + "\nrepeat: mvn test -Dtest=EngineSimulationTest -Dsimulation.seed=" + seed, e);
    }
  }

  private void run(long seed) throws IOException {
    random = new Random(seed * 0x9e3779b97f4a7c15L);
    Files.writeString(folder.resolve("rules.yml"), RULES);
    Path config = Files.writeString(folder.resolve("tidemark.yml"), CONFIG.formatted(folder.resolve("data")));
    machine = new SimulationMachine(seed, NodeConfig.load(new NodeConfig.Source(Optional.of(config), List.of())));
    machine.receiver.answers(() -> calm || random.nextInt(5) > 0 ? new Outcome.Delivered("taken") : new Outcome.Retry("HTTP 500", 0));
    planSpells();
    machine.start();
    long trouble = machine.time.millis() + 3 * MINUTE;
    for (int step = 0; step < STEPS; step++) {
      long next = machine.time.millis() + STEP_MILLIS;
      try {
        push();
        if (machine.time.millis() > trouble) {
          trouble = machine.time.millis() + 3 * MINUTE + random.nextLong(7 * MINUTE);
          makeTrouble();
        }
        advanceTo(next - random.nextInt(STEP_MILLIS / 2));
        observe();
        advanceTo(next);
        machine.disk.heal();
      } catch (CrashingDisk.Died e) {
        restart();
        advanceTo(next);
      }
    }
    calm = true;
    machine.disk.heal();
    machine.disk.dieAt(Long.MAX_VALUE / 2);
    machine.time.advance(20 * MINUTE);
    checkSamples();
    checkNotifications();
    machine.stop();
    assertEquals(0, machine.disk.openFiles());
    machine.start();
    checkSamples();
    checkNotifications();
    assertEquals(0, machine.metric("tidemark_storage_log_gaps_total"));
    assertEquals(0, machine.metric("tidemark_damaged_blocks_total"));
    assertEquals(0, machine.metric("tidemark_alert_events_damaged_total"));
  }

  private void advanceTo(long millis) {
    machine.time.advance(Math.max(0, millis - machine.time.millis()));
  }

  private void planSpells() {
    long start = machine.time.millis();
    for (int fault = 0; fault < FAULTS; fault++) {
      long at = start;
      for (int index = 0; ; index++) {
        at += 8 * MINUTE + random.nextLong(15 * MINUTE);
        long end = at + (random.nextInt(3) == 0 ? 30_000 : 8 * MINUTE + random.nextLong(10 * MINUTE));
        if (end > start + (long) STEPS * STEP_MILLIS - 5 * MINUTE) {
          break;
        }
        spells.add(new Spell(fault, index, at, end));
        at = end;
      }
    }
  }

  private Optional<Spell> spell(int fault, long millis) {
    return spells.stream().filter(s -> s.fault == fault && s.startMillis <= millis && millis < s.endMillis).findFirst();
  }

  // ---- what happens

  private void push() {
    long now = machine.clock.millis();
    var batch = new TreeMap<LabelSet, Long>();
    for (int fault = 0; fault < FAULTS; fault++) {
      batch.put(LabelSet.of(LabelSet.NAME, "fault", "i", "" + fault), Double.doubleToRawLongBits(spell(fault, now).isPresent() ? 1 : 0));
    }
    batch.put(LabelSet.of(LabelSet.NAME, "noise", "kind", "bits"), anyBits());
    batch.put(LabelSet.of(LabelSet.NAME, "noise", "kind", "whole"), Double.doubleToRawLongBits(random.nextInt(1000)));
    batch.forEach((labels, bits) -> machine.add(labels, now, Double.longBitsToDouble(bits)));
    machine.flush().onSuccess(_ ->
        batch.forEach((labels, bits) -> acknowledged.computeIfAbsent(labels, _ -> new TreeMap<>()).put(now, bits)));
  }

  /// Any pattern except the staleness marker, which queries leave out.
  private long anyBits() {
    long bits = random.nextLong();
    return Stale.is(Double.longBitsToDouble(bits)) ? 0 : bits;
  }

  private void makeTrouble() {
    switch (random.nextInt(5)) {
      case 0 -> {
        machine.time.advance(random.nextInt(4));
        restart();
      }
      case 1 -> machine.disk.dieAt(1 + random.nextInt(60));
      case 2 -> {
        machine.stop();
        machine.time.crash();
        machine.disk.kill();
        machine.time.advance(random.nextInt(10_000));
        machine.start();
      }
      case 3 -> {
        machine.time.crash();
        machine.disk.kill();
        crashes.add(machine.time.millis());
        machine.start();
      }
      default -> {
        // The notification log is left alone: where it cannot be written, a restart tells again, by design.
        var kinds = List.of(CrashingDisk.Kind.WRITE, CrashingDisk.Kind.SYNC, CrashingDisk.Kind.CREATE, CrashingDisk.Kind.RENAME);
        machine.disk.fail(kinds.get(random.nextInt(kinds.size())), path -> !path.toString().contains("state"),
            random.nextBoolean() ? ErrorCode.DISK_FULL : ErrorCode.DISK_FAILED);
      }
    }
  }

  /// The power goes, and comes back; now and then the start that follows dies too.
  private void restart() {
    while (true) {
      crashes.add(machine.time.millis());
      machine.crash(random.nextLong());
      machine.time.advance(random.nextInt(5_000));
      try {
        if (random.nextInt(4) == 0) {
          machine.disk.dieAt(1 + random.nextInt(20));
        }
        machine.start();
        machine.disk.dieAt(Long.MAX_VALUE / 2);
        return;
      } catch (CrashingDisk.Died e) {
        // Once more, and each time from what that start left.
        continue;
      }
    }
  }

  // ---- what must hold

  /// Within one spell an alert keeps the time since which it holds, whatever happens.
  private void observe() {
    long now = machine.time.millis();
    List<GroupView.AlertView> alerts =
        machine.groups().stream().flatMap(g -> g.rules().stream()).flatMap(r -> r.alerts().stream()).toList();
    for (GroupView.AlertView alert : alerts) {
      Optional<Spell> during = spell(Integer.parseInt(alert.labels().value("i")), now);
      boolean saved = now - alert.activeAtMillis() > 1_000;
      if (during.isPresent() && saved && alert.state() != AlertState.INACTIVE && alert.activeAtMillis() >= during.get().startMillis) {
        Long before = activeAt.putIfAbsent(during.get(), alert.activeAtMillis());
        assertTrue(before == null || before == alert.activeAtMillis(),
            () -> during + " held since " + before + ", and now since " + alert.activeAtMillis());
      }
    }
  }

  private void checkSamples() {
    var found = machine.samples("{__name__=~\"fault|noise\"}", 6 * 3600);
    acknowledged.forEach((labels, samples) -> samples.forEach((at, bits) ->
        assertEquals(bits, found.getOrDefault(labels, Map.of()).get(at), () -> labels + " at " + at)));
    assertTrue(acknowledged.size() == FAULTS + 2, "something was acknowledged");
  }

  private void checkNotifications() {
    for (int fault = 0; fault < FAULTS; fault++) {
      String name = "" + fault;
      List<SimulationReceiver.Delivery> told = machine.receiver.deliveries().stream()
          .filter(d -> d.notification().groupLabels().value("i").equals(name)).toList();
      List<Spell> due = spells.stream().filter(s -> s.isLong() && String.valueOf(s.fault).equals(name)).toList();
      int next = 0;
      for (int i = 0; i < told.size(); i++) {
        if (i > 0 && told.get(i).notification().status().equals(told.get(i - 1).notification().status()) && cutAfter(told.get(i - 1))) {
          continue;
        }
        String wanted = next % 2 == 0 ? "firing" : "resolved";
        assertTrue(next / 2 < due.size(), () -> "told more than there was: " + print(told) + " of " + due);
        check(due.get(next / 2), told.get(i), wanted, told);
        next++;
      }
      int shown = next;
      assertEquals(2 * due.size(), next, () -> "told " + shown + " things of " + due + ": " + print(told));
    }
  }

  private void check(Spell spell, SimulationReceiver.Delivery delivery, String status, List<SimulationReceiver.Delivery> all) {
    Notification notification = delivery.notification();
    assertEquals(status, notification.status(), () -> spell + ": " + print(all));
    long startsAt = notification.alerts().getFirst().alert().startsAtMillis();
    // A crash and a lost batch cost two intervals each at most; `for` itself goes on.
    assertTrue(startsAt >= spell.startMillis + FOR_MILLIS && startsAt <= spell.startMillis + FOR_MILLIS + 2 * MINUTE,
        () -> spell + " fired at " + startsAt + ": " + print(all));
    long due = status.equals("firing") ? startsAt : spell.endMillis;
    // After a restart an alert is held until the lookback of five minutes is filled again; firing ones are told as ever.
    long heldTo = !status.equals("resolved") ? 0 : crashes.stream().filter(at -> at >= spell.startMillis && at <= delivery.atMillis())
        .mapToLong(at -> at + 5 * MINUTE).max().orElse(0);
    assertTrue(delivery.atMillis() <= Math.max(due + 4 * MINUTE, heldTo + 2 * MINUTE), () -> spell + ": " + status + " told at "
        + delivery.atMillis());
  }

  private boolean cutAfter(SimulationReceiver.Delivery delivery) {
    return crashes.stream().anyMatch(at -> at >= delivery.atMillis() && at <= delivery.atMillis() + NOTED_MILLIS_MAX);
  }

  private static String print(List<SimulationReceiver.Delivery> told) {
    return told.stream().map(d -> "\n" + d.atMillis() + " " + d.notification().status() + " since "
        + d.notification().alerts().getFirst().alert().startsAtMillis()).toList().toString();
  }
}
