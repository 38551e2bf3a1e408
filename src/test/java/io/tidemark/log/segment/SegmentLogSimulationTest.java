package io.tidemark.log.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.log.SegmentLogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The log through many lives, each ended by a crash in some disk call: what was acknowledged is there, in order, once.
class SegmentLogSimulationTest {
  private static final Path FOLDER = Path.of("data", "log");
  private static final int SEEDS = Integer.getInteger("simulation.seeds", 400);

  private final List<TreeMap<Long, String>> acknowledged = List.of(new TreeMap<>(), new TreeMap<>());
  private final Set<String> sent = new HashSet<>();
  private final long[] trimmed = new long[2];
  private int named;
  private boolean faults;

  @Test
  void keepsEveryAcknowledgedRecordInOrderExactlyOnce() {
    for (long seed = 0; seed < SEEDS; seed++) {
      var test = new SegmentLogSimulationTest();
      try {
        test.live(seed);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private void live(long seed) {
    var random = new Random(seed * 0x9e3779b97f4a7c15L);
    var disk = new CrashingDisk(seed);
    var config = new SegmentLogConfig("test", 2, 200 + random.nextInt(2000), 100_000, 100 + random.nextInt(2000), random.nextInt(500));
    faults = seed % 2 == 1;
    for (int life = 0; life < 5; life++) {
      var time = new VirtualTime(seed * 31 + life);
      disk.dieAt(1 + random.nextInt(60));
      try {
        oneLife(config, disk, time, random);
      } catch (CrashingDisk.Died died) {
        assertTrue(disk.calls() > 0, died.getMessage());
      }
      if (random.nextInt(4) == 0) {
        disk.kill();
      } else {
        disk.crash(random.nextLong());
      }
    }
    var time = new VirtualTime(seed);
    Log log = open(config, disk, time);
    check(log, time);
    log.close();
    time.run();
    assertEquals(0, disk.openFiles());
  }

  private static Log open(SegmentLogConfig config, CrashingDisk disk, VirtualTime time) {
    Future<Log> opened = Log.open(config, FOLDER, disk, time.executor(3), time, new Metrics());
    time.runUntil(opened::isComplete);
    return opened.result();
  }

  private void oneLife(SegmentLogConfig config, CrashingDisk disk, VirtualTime time, Random random) {
    Log log = open(config, disk, time);
    check(log, time);
    for (int step = 0; step < 100; step++) {
      switch (random.nextInt(12)) {
        case 0 -> time.advance(random.nextInt(5));
        case 1 -> {
          if (faults) {
            var kinds = CrashingDisk.Kind.values();
            disk.failNth(kinds[random.nextInt(kinds.length)], 1 + random.nextInt(3), ErrorCode.DISK_FAILED);
          }
        }
        case 2 -> disk.heal();
        case 3 -> trim(log, random.nextInt(2), random);
        default -> append(log, random.nextInt(2), random.nextInt(120));
      }
    }
    time.advance(100);
    if (random.nextBoolean()) {
      Future<Void> closed = log.close();
      time.runUntil(closed::isComplete);
      assertEquals(0, disk.openFiles());
    }
  }

  private void trim(Log log, int partition, Random random) {
    long upTo = log.begin(partition) + random.nextLong(log.end(partition) - log.begin(partition) + 1);
    trimmed[partition] = Math.max(trimmed[partition], upTo);
    log.trim(partition, upTo);
  }

  private void append(Log log, int partition, int bytes) {
    String name = named++ + " " + "x".repeat(bytes);
    sent.add(name);
    log.append(partition, name.getBytes(StandardCharsets.UTF_8)).onSuccess(position -> {
      String before = acknowledged.get(partition).put(position, name);
      assertEquals(null, before, "position " + position + " was told twice");
    });
  }

  private void check(Log log, VirtualTime time) {
    for (int partition = 0; partition < 2; partition++) {
      assertTrue(log.begin(partition) <= trimmed[partition], "dropped more than was allowed");
      acknowledged.get(partition).headMap(trimmed[partition]).clear();
      var found = new TreeMap<Long, String>();
      var names = new ArrayList<String>();
      for (long from = log.begin(partition); from < log.end(partition);) {
        Future<List<LogRecord>> read = log.read(partition, from, 500);
        time.runUntil(read::isComplete);
        for (LogRecord record : read.result()) {
          String name = new String(record.bytes(), StandardCharsets.UTF_8);
          assertTrue(record.position() >= from, "order");
          assertTrue(sent.contains(name), "a record that nobody sent: " + name);
          names.add(name);
          found.put(record.position(), name);
          from = record.position() + 1;
        }
      }
      assertEquals(names.size(), new HashSet<>(names).size(), "a record is there twice");
      TreeMap<Long, String> expected = acknowledged.get(partition);
      expected.forEach((position, name) -> assertEquals(name, found.get(position), "position " + position));
      // What survived unacknowledged keeps its position from now on: a reader has seen it. Not so after a failed sync, which leaves
      // bytes in doubt whatever is done later.
      if (!faults) {
        expected.putAll(found);
      }
    }
  }
}
