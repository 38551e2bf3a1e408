package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// C 38: a disk that is full, of which the engine does not own a byte more. Needs the right to mount a small file system in memory; where
/// that is missing the test says so and is skipped, and the same faults are tested house by house with `CrashingDisk`.
class BadInputDiskTest {
  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static boolean run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  private static HttpResponse<String> push(EngineProcess engine, int round) {
    var random = new Random(round);
    String samples = IntStream.range(0, 2_000).mapToObj(i -> "disk_full{series=\"" + i + "\"} " + random.nextDouble())
        .collect(Collectors.joining("\n", "", "\n"));
    return engine.post("/api/v1/import/prometheus", "text/plain", samples.getBytes(StandardCharsets.UTF_8));
  }

  private static String count(EngineProcess engine) {
    var answer = engine.get("/api/v1/query?query=count(disk_full)");
    assertEquals(200, answer.statusCode(), answer.body());
    return answer.body();
  }

  @Test
  void refusesWritesAnswersQueriesAndRecovers(@TempDir Path directory) throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", disk.toString()), "no right to mount a file system");
    try (EngineProcess engine = EngineProcess.start(disk.resolve("data"))) {
      assertEquals(204, push(engine, 0).statusCode());
      Path ballast = disk.resolve("ballast");
      fill(ballast);
      HttpResponse<String> refused = push(engine, 1);
      long deadline = System.nanoTime() + DEADLINE_NANOS;
      for (int round = 2; refused.statusCode() == 204; round++) {
        assertTrue(System.nanoTime() < deadline, "the disk is full and writes are still acknowledged");
        refused = push(engine, round);
      }
      assertTrue(refused.statusCode() == 507 || refused.statusCode() == 503, refused.statusCode() + " " + refused.body());
      assertTrue(refused.body().contains("space") || refused.body().contains("full"), refused.body());
      assertTrue(count(engine).contains("\"2000\""), "reads go on while the disk is full");
      assertEquals(200, engine.get("/-/healthy").statusCode());

      Files.delete(ballast);
      HttpResponse<String> accepted = push(engine, 100);
      while (accepted.statusCode() != 204) {
        assertTrue(System.nanoTime() < deadline, "there is space again and writes are still refused: " + accepted.body());
        accepted = push(engine, 100);
      }
      assertTrue(count(engine).contains("\"2000\""));
      assertEquals(0, engine.stop());
    } finally {
      run("umount", disk.toString());
    }
  }

  private static void fill(Path ballast) throws Exception {
    // Fails when there is no room for more, which is what is asked for.
    run("dd", "if=/dev/zero", "of=" + ballast, "bs=65536");
    run("dd", "if=/dev/zero", "of=" + ballast, "bs=512", "oflag=append", "conv=notrunc");
  }
}
