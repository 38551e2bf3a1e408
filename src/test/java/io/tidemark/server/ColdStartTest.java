package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Starts of an engine whose older blocks lie in a directory that is not there.
class ColdStartTest {
  private static final long HOUR = 3_600_000;
  private static final int HOURS = 10;
  private static final int STEP_MILLIS = 60_000;
  private static final LabelSet M = LabelSet.of(LabelSet.NAME, "m");
  private static final String OBJECTS = "objects: {backend: directory}";
  private static final String CONFIG = """
      data_dir: %s
      log: {partitions: 1}
      storage: {out_of_order_window: unlimited, upload_after: 0s, hot_retention: 3h, block_duration_max: 2h, companions: []}
      %s
      """;

  @TempDir
  private Path folder;
  private Path data;
  private SimulationMachine machine;

  @BeforeEach
  void makeMostlyCold() throws IOException {
    data = folder.resolve("data");
    machine = new SimulationMachine(1, config(OBJECTS));
    machine.answerObjectsAtOnce();
    machine.start();
    long start = machine.clock.millis() - HOURS * HOUR;
    for (long at = start; at < start + HOURS * HOUR; at += STEP_MILLIS) {
      machine.add(M, at, at - start);
    }
    machine.await(machine.flush());
    machine.await(machine.engine().storage().caughtUp());
    machine.await(machine.engine().storage().seal());
    machine.time.advance(120_000);
    assertTrue(machine.metric("tidemark_cold_blocks") >= 2, () -> machine.disk.files(data).toString());
    machine.stop();
  }

  private NodeConfig config(String objects) throws IOException {
    Path file = Files.writeString(folder.resolve("tidemark.yml"), CONFIG.formatted(data, objects));
    return NodeConfig.load(new NodeConfig.Source(Optional.of(file), List.of()));
  }

  private int samples() {
    return machine.samples("m", (HOURS + 12) * 3600).values().stream().mapToInt(Map::size).sum();
  }

  /// Takes the directory away, but for an empty one if that is where it is mounted.
  private Map<Path, byte[]> unmount(boolean leavesMountPoint) {
    Path cold = data.resolve("cold");
    var content = new TreeMap<Path, byte[]>();
    machine.disk.files(cold).forEach(path -> content.put(path, machine.disk.content(path)));
    remove(cold);
    if (leavesMountPoint) {
      machine.disk.createDirectories(cold);
    }
    return content;
  }

  private void remove(Path path) {
    machine.disk.list(path).forEach(this::remove);
    machine.disk.delete(path);
  }

  private void mount(Map<Path, byte[]> content) {
    machine.disk.createDirectories(data.resolve("cold/.unfinished"));
    content.forEach((path, bytes) -> {
      machine.disk.createDirectories(path.getParent());
      machine.disk.put(path, bytes);
    });
  }

  @Test
  void aDirectoryThatIsNotMountedIsAway() {
    for (boolean leavesMountPoint : new boolean[] {true, false}) {
      int headers = machine.disk.files(data.resolve("storage/cold")).size();
      Map<Path, byte[]> content = unmount(leavesMountPoint);
      machine.start();
      AssertionError failed = assertThrows(AssertionError.class, this::samples);
      assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) failed.getCause()).code());
      assertTrue(failed.getCause().getMessage().contains("mount it"), failed.getCause().getMessage());
      machine.time.advance(HOUR);
      assertEquals(leavesMountPoint, machine.disk.exists(data.resolve("cold")), "nothing is made there");
      assertFalse(machine.disk.exists(data.resolve("cold/.unfinished")));
      assertEquals(headers, machine.disk.files(data.resolve("storage/cold")).size(), "the index headers stay");
      mount(content);
      machine.time.advance(HOUR);
      assertEquals(HOURS * 60, samples());
      assertEquals(0, machine.metric("tidemark_cold_missing_objects_total"));
      machine.stop();
    }
  }

  @Test
  void withoutItsObjectStoreItDoesNotStart() throws IOException {
    machine.configure(config(""));
    AssertionError refused = assertThrows(AssertionError.class, machine::start);
    assertEquals(ErrorCode.BAD_DATA, ((TidemarkException) refused.getCause()).code());
    String message = refused.getCause().getMessage();
    assertTrue(message.matches(".*/storage/cold: .* of \\d+ blocks .*objects.backend is none.* delete this folder .*"), message);
    remove(data.resolve("storage/cold"));
    machine.start();
    assertTrue(samples() > 0 && samples() < HOURS * 60);
  }

  @Test
  void withoutAnObjectStoreThatHasNothingAloneItStarts() throws IOException {
    for (Path header : machine.disk.files(data.resolve("storage/cold"))) {
      String block = header.getFileName().toString().replaceFirst("-[0-9a-f]{8}\\.tmi$", "");
      Path local = data.resolve("storage/shard-0000").resolve(block + ".tmb");
      Path object = data.resolve("cold/shard-0000").resolve(header.getFileName().toString().replace(".tmi", ".tmb"));
      machine.disk.put(local, machine.disk.content(object));
    }
    machine.configure(config(""));
    machine.start();
    assertEquals(HOURS * 60, samples());
  }
}
