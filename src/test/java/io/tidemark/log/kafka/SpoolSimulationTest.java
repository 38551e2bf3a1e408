package io.tidemark.log.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Secret;
import io.tidemark.disk.CrashingDisk;
import io.tidemark.guard.GuardConfig;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.log.KafkaLogConfig.Compression;
import io.tidemark.log.KafkaLogConfig.Producing;
import io.tidemark.log.KafkaLogConfig.Security;
import io.tidemark.log.KafkaLogConfig.Topic;
import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Batch records through the spool to a Kafka that comes and goes, from processes that die: a shard that reads the partitions finds
/// every acknowledged sample, and of those written twice the one that was acknowledged last.
class SpoolSimulationTest {
  private static final int SEEDS = Integer.getInteger("simulation.seeds", 300);
  private static final Path FOLDER = Path.of("data", "spool");
  private static final int SERIES = 30;
  private static final int TIMES = 25;

  private record Place(int series, long time) {}

  /// What a shard may show at a place: the value acknowledged last, or one written after it that nobody acknowledged.
  private final Map<Place, List<Double>> allowed = new HashMap<>();
  private long values;
  private long spooled;
  private long drained;

  @Test
  void everyAcknowledgedSampleArrivesInOrderWhateverFails() {
    long spooled = 0;
    long drained = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      var test = new SpoolSimulationTest();
      try {
        test.live(seed);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
      spooled += test.spooled;
      drained += test.drained;
    }
    assertTrue(spooled > 10L * SEEDS && drained > 10L * SEEDS, spooled + " records were spooled and " + drained + " drained: too few");
  }

  private static KafkaLogConfig config(int partitions, Random random) {
    return new KafkaLogConfig("test", "none", new Topic("none", partitions, 1, 1, 1000), "none",
        new Producing(Compression.NONE, 0, 1 << 20, new GuardConfig("kafka", 1000, List.of(), 3, 200)), 1 << 20,
        2_000 + random.nextInt(60_000), new Security(false, "", Secret.NONE, "PLAIN"));
  }

  private void live(long seed) {
    var random = new Random(seed * 0x9e3779b97f4a7c15L);
    var disk = new CrashingDisk(seed);
    var kafka = new FakeKafka(1 + random.nextInt(3), random);
    KafkaLogConfig config = config(kafka.partitions.size(), random);
    for (int life = 0; life < 4; life++) {
      var time = new VirtualTime(seed * 31 + life);
      FakeKafka.Client client = kafka.new Client(time);
      if (random.nextBoolean()) {
        disk.dieAt(10 + random.nextInt(200));
      }
      try {
        oneLife(config, kafka, client, disk, time, random);
      } catch (CrashingDisk.Died died) {
        assertTrue(disk.calls() > 0, died.getMessage());
      }
      client.crash();
      disk.crash(random.nextLong());
    }
    kafka.away = false;
    var time = new VirtualTime(seed);
    var metrics = new Metrics();
    SpoolLog log = open(config, kafka.new Client(time), disk, time, metrics);
    time.runUntil(() -> metric(metrics, "tidemark_log_spool_records") == 0);
    Future<Void> closed = log.close();
    time.runUntil(closed::isComplete);
    assertEquals(0, disk.openFiles());
    drained += metric(metrics, "tidemark_log_spool_drained_records_total");
    check(kafka);
  }

  private static SpoolLog open(KafkaLogConfig config, FakeKafka.Client client, CrashingDisk disk, VirtualTime time, Metrics metrics) {
    Future<SpoolLog> opened = SpoolLog.open(config, client, FOLDER, disk, time.executor(3), time.loop("spool"), time, metrics);
    time.runUntil(opened::isComplete);
    if (opened.failed()) {
      throw new AssertionError(opened.cause());
    }
    return opened.result();
  }

  private static long metric(Metrics metrics, String name) {
    return metrics.print().lines().filter(line -> line.startsWith(name + "{")).mapToLong(line ->
        Long.parseLong(line.substring(line.lastIndexOf(' ') + 1))).sum();
  }

  private record Sent(Place place, double value) {}

  private void oneLife(KafkaLogConfig config, FakeKafka kafka, FakeKafka.Client client, CrashingDisk disk, VirtualTime time,
      Random random) {
    var metrics = new Metrics();
    SpoolLog log = open(config, client, disk, time, metrics);
    var writer = new BatchWriter(log, random.nextInt(), new BatchLimits(2_000, 25, 300, 1 << 20, 0), time, new Metrics());
    var batch = new ArrayList<Sent>();
    try {
      for (int step = 0; step < 150; step++) {
        switch (random.nextInt(12)) {
          case 0 -> time.advance(random.nextInt(300));
          case 1 -> kafka.away = random.nextInt(3) > 0;
          case 2, 3, 4 -> {
            flush(writer, batch);
            time.advance(random.nextInt(12));
          }
          default -> {
            int series = random.nextInt(SERIES);
            var place = new Place(series, random.nextInt(TIMES));
            writer.add(writer.define(LabelSet.of("__name__", "m" + series % 5, "s", String.valueOf(series))), place.time, values);
            batch.add(new Sent(place, values));
            allowed.computeIfAbsent(place, _ -> new ArrayList<>(List.of(Double.NaN))).add((double) values++);
          }
        }
      }
      if (random.nextBoolean()) {
        Future<Void> closed = log.close();
        time.runUntil(closed::isComplete);
        assertEquals(0, disk.openFiles());
      }
    } finally {
      spooled += metric(metrics, "tidemark_log_spooled_records_total");
      drained += metric(metrics, "tidemark_log_spool_drained_records_total");
    }
  }

  private void flush(BatchWriter writer, List<Sent> batch) {
    List<Sent> sent = List.copyOf(batch);
    batch.clear();
    writer.flush().onSuccess(_ -> sent.forEach(s -> {
      List<Double> values = allowed.get(s.place);
      // What was written before it and is not acknowledged yet may still arrive after it, or not; what was acknowledged may not.
      int at = values.indexOf(s.value);
      if (at > 0) {
        values.removeAll(List.copyOf(values.subList(0, at)));
      }
    }));
  }

  private void check(FakeKafka kafka) {
    var replay = new StrictReplay();
    kafka.partitions.forEach(replay::read);
    allowed.forEach((place, values) -> {
      LabelSet labels = LabelSet.of("__name__", "m" + place.series % 5, "s", String.valueOf(place.series));
      double shown = replay.values.getOrDefault(labels, new TreeMap<>()).getOrDefault(place.time, Double.NaN);
      assertTrue(values.contains(shown), () -> place + " shows " + shown + ", expected one of " + values + "; " + replay.lost
          + " samples of unknown series");
    });
  }
}
