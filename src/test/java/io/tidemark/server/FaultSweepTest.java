package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The whole engine over a disk of which one call fails, with no room or with an I/O error: a call of each kind at each place, or every
/// changing call of the workload in turn (`-Dsweep.all=true`). The workload reaches every place where something is written through the
/// file layer, which {@link #SITES} lists.
///
/// What is asked each time: nothing is acknowledged that is not kept, queries answer meanwhile, everything works again by itself, the
/// page goes out once, and after a power cut every acknowledged sample is there bit for bit.
class FaultSweepTest {
  private static final long HOUR = 3_600_000;
  private static final String CONFIG = """
      data_dir: /data
      rule_files: [%s]
      log: {segment_size: 256, partitions: 1}
      storage: {retention: unlimited, out_of_order_window: unlimited, hot_retention: 1000h, upload_after: 0s,
        checkpoint_upload: 1m, checkpoint_interval: 1m}
      objects: {backend: directory}
      route: {receiver: team, group_by: [alertname], group_wait: 5s, group_interval: 30s, repeat_interval: 1000h}
      receivers:
        - name: team
          webhook_configs: [{url: 'http://team.test/'}]
      """;
  private static final String RULES = """
      groups:
        - name: faults
          interval: 15s
          rules:
            - alert: Fault
              expr: fault == 1
      """;
  private static final LabelSet FAULT = LabelSet.of(LabelSet.NAME, "fault");

  /// Places, with the digits of names left out, and the calls that change something there.
  private static final List<String> SITES = List.of(
      "/: SYNC_DIRECTORY",
      "/alerts: SYNC_DIRECTORY",
      "/alerts/#: SYNC_DIRECTORY",
      "/alerts/#/#.segment.new: CREATE, DELETE, RENAME, SYNC, TRUNCATE, WRITE",
      "/alerts/log.facts.new: CREATE, DELETE, RENAME, SYNC, WRITE",
      "/cold: SYNC_DIRECTORY",
      "/cold/.unfinished/#: CREATE, DELETE, RENAME, SYNC, WRITE",
      "/cold/shard#: SYNC_DIRECTORY",
      "/cold/shard#/block_#.tmb: DELETE",
      "/cold/shard#/checkpoint#.ckpt: DELETE",
      "/ingest: SYNC_DIRECTORY",
      "/ingest/#: SYNC_DIRECTORY",
      "/ingest/#/#.segment: DELETE",
      "/ingest/#/#.segment.new: CREATE, DELETE, RENAME, SYNC, TRUNCATE, WRITE",
      "/ingest/log.facts.new: CREATE, DELETE, RENAME, SYNC, WRITE",
      "/state: SYNC_DIRECTORY",
      "/state/#.journal.new: CREATE, DELETE, RENAME, SYNC, WRITE",
      "/storage/cold/shard#: SYNC_DIRECTORY",
      "/storage/cold/shard#/block_#.tmi: DELETE",
      "/storage/cold/shard#/block_#.tmi.tmp: CREATE, DELETE, RENAME, SYNC, WRITE",
      "/storage/shard#: SYNC_DIRECTORY",
      "/storage/shard#/block_#.tmb: DELETE, RENAME",
      "/storage/shard#/block_#.tmb.damaged: DELETE",
      "/storage/shard#/block_#.tmb.tmp: CREATE, DELETE, RENAME, SYNC, WRITE",
      "/storage/shard#/checkpoint#.ckpt: DELETE",
      "/storage/shard#/checkpoint#.ckpt.tmp: CREATE, DELETE, RENAME, SYNC, WRITE");

  /// One run.
  private static final class Run {
    final SimulationMachine machine;
    final List<String> trace;
    final Map<LabelSet, Map<Long, Long>> acknowledged = new TreeMap<>();
    int refused;

    /// @param failing the call of the disk that fails, 0 for none
    Run(NodeConfig config, int failing, ErrorCode code) {
      machine = new SimulationMachine(1, config);
      trace = machine.disk.trace();
      if (failing > 0) {
        machine.disk.failCall(failing, code);
      }
    }

    /// Starts the engine, again when the first start fails as a process would be.
    void start() {
      try {
        machine.start();
      } catch (AssertionError e) {
        assertTrue(e.getCause() instanceof TidemarkException, () -> "told in plain words: " + e);
        machine.time.crash();
        machine.disk.kill();
        machine.start();
      }
    }

    private static LabelSet series(int i) {
      return LabelSet.of(LabelSet.NAME, "m", "i", "" + i);
    }

    /// Writes samples of some series at one time and waits for what comes of it.
    void write(long atMillis, double fault) {
      var batch = new TreeMap<LabelSet, Double>();
      for (int i = 0; i < 5; i++) {
        batch.put(series(i), Math.sin(atMillis + i));
      }
      batch.put(FAULT, fault);
      batch.forEach((labels, value) -> machine.add(labels, atMillis, value));
      Future<Void> flushed = machine.flush();
      machine.time.runUntil(flushed::isComplete);
      if (flushed.succeeded()) {
        batch.forEach((labels, value) -> acknowledged.computeIfAbsent(labels, _ -> new TreeMap<>())
            .put(atMillis, Double.doubleToRawLongBits(value)));
      } else {
        assertTrue(flushed.cause() instanceof TidemarkException, () -> "told in plain words: " + flushed.cause());
        refused++;
      }
    }

    void seal() {
      Future<Void> sealed = machine.engine().storage().seal();
      machine.time.runUntil(sealed::isComplete);
      assertTrue(sealed.succeeded() || sealed.cause() instanceof TidemarkException, () -> "told in plain words: " + sealed.cause());
    }

    /// Hours of samples of the past, blocks of them, merges, objects; then a page.
    void work() {
      long now = machine.clock.millis() / HOUR * HOUR;
      for (long at = now - 12 * HOUR; at < now; at += HOUR / 2) {
        write(at, 0);
      }
      seal();
      machine.time.advance(60_000);
      readAll();
      Future<Void> compacted = machine.engine().storage().compact();
      machine.time.runUntil(compacted::isComplete);
      machine.time.advance(120_000);
      readAll();
      damage();
      write(machine.clock.millis(), 1);
      machine.time.advance(60_000);
      write(machine.clock.millis(), 1);
      machine.time.advance(60_000);
      readAll();
    }

    /// A local block decays of which there is an object: it is found, put aside and replaced.
    private void damage() {
      List<Path> objects = machine.disk.files(Path.of("/data/cold"));
      Path block = machine.disk.files(Path.of("/data/storage/shard-0000")).stream().filter(path -> path.toString().endsWith(".tmb"))
          .filter(path -> objects.stream().anyMatch(object -> object.getFileName().toString().startsWith(
              path.getFileName().toString().replace(".tmb", "-")))).findFirst().orElseThrow();
      machine.disk.flip(block, 20, 1);
      machine.await(machine.engine().storage().scrub());
      machine.time.advance(200_000);
      assertTrue(machine.disk.exists(block), "it is repaired");
      readAll();
    }

    /// Every query answers, and everything that was acknowledged is in the answer.
    void readAll() {
      for (String metric : List.of("m", "fault")) {
        Map<LabelSet, Map<Long, Long>> found = machine.samples(metric, 30 * 3600);
        acknowledged.forEach((labels, samples) -> {
          if (labels.value(LabelSet.NAME).equals(metric)) {
            samples.forEach((at, bits) -> assertEquals(bits, found.getOrDefault(labels, Map.of()).get(at), () -> labels + " at " + at));
          }
        });
      }
    }
  }

  private static NodeConfig config(Path folder) throws IOException {
    Path rules = Files.writeString(folder.resolve("rules.yml"), RULES);
    Path file = Files.writeString(folder.resolve("tidemark.yml"), CONFIG.formatted(rules));
    return NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of()));
  }

  private static String site(String failed) {
    return failed.replaceAll("/data$", "/data/").replaceAll("/data", "").replaceAll("-?[0-9]+", "#")
        .replaceAll("-[0-9a-f#]{1,16}(\\.tm[bi])", "-#$1")
        .replaceAll("(block_)[^/.]*", "$1#").replaceAll("checkpoint[^.]*", "checkpoint#")
        .replaceAll("unfinished/.*", "unfinished/#").replaceAll("shard-#", "shard");
  }

  /// Which calls of a trace are to fail: of each place one, or all with `-Dsweep.all=true`.
  private static TreeSet<Integer> chosen(List<String> trace, ErrorCode code) {
    var places = new TreeMap<String, List<Integer>>();
    for (int n = 1; n <= trace.size(); n++) {
      places.computeIfAbsent(site(trace.get(n - 1)), _ -> new ArrayList<>()).add(n);
    }
    var kinds = new TreeMap<String, TreeSet<String>>();
    places.keySet().forEach(place -> kinds.computeIfAbsent(place.substring(place.indexOf(' ') + 1), _ -> new TreeSet<>())
        .add(place.substring(0, place.indexOf(' '))));
    assertEquals(SITES, kinds.entrySet().stream().map(entry -> entry.getKey() + ": " + String.join(", ", entry.getValue())).toList(),
        "where the workload writes");
    var chosen = new TreeSet<Integer>();
    for (List<Integer> calls : places.values()) {
      if (Boolean.getBoolean("sweep.all")) {
        chosen.addAll(calls);
      } else {
        chosen.add(code == ErrorCode.DISK_FULL ? calls.getFirst() : calls.getLast());
      }
    }
    return chosen;
  }

  @ParameterizedTest
  @EnumSource(value = ErrorCode.class, names = {"DISK_FULL", "DISK_FAILED"})
  void everyPlaceThatWritesFailsOnce(ErrorCode code, @TempDir Path folder) throws IOException {
    NodeConfig config = config(folder);
    var whole = new Run(config, 0, code);
    List<String> trace = whole.trace;
    whole.start();
    whole.work();
    assertEquals(0, whole.refused);
    for (int n : chosen(List.copyOf(trace), code)) {
      try {
        failOnce(new Run(config, n, code), n);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(code + " in call " + n + " of " + trace.size() + ", " + trace.get(n - 1), e);
      }
    }
  }

  private static void failOnce(Run run, int n) {
    SimulationMachine machine = run.machine;
    run.start();
    run.work();
    machine.disk.heal();
    for (int minute = 0; minute < 3; minute++) {
      machine.time.advance(60_000);
      run.refused = 0;
      run.write(machine.clock.millis(), 1);
    }
    assertEquals(0, run.refused, "writes are taken again");
    machine.await(machine.engine().storage().seal());
    run.readAll();
    assertEquals(List.of("firing"), machine.receiver.deliveries().stream().map(told -> told.notification().status()).toList());
    machine.crash(n);
    machine.start();
    run.readAll();
  }
}
