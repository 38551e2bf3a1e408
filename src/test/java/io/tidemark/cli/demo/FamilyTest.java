package io.tidemark.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The demo's processes are real ones here: an S3 server, and Redis with its own process below the Java one.
class FamilyTest {
  private static final long SECONDS = 120;
  private static final String READY_TO_BE_KILLED = "started ";

  @TempDir
  private Path folder;

  private static Program s3(Path folder, int port) {
    return new Program("s3", 0, 128, List.of("s3", String.valueOf(port), folder.resolve("objects").toString(), "bucket"), "ready: S3 at ");
  }

  private static Program redis(Path folder, int port) {
    return new Program("redis", 1, 64, List.of("redis", folder.resolve("redis").toString(), String.valueOf(port)), "ready redis ");
  }

  private static int freePort() {
    return Family.freePorts(21_500, 1);
  }

  private static void connect(int port) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      assertTrue(socket.isConnected());
    }
  }

  private static void awaitEnd(ProcessHandle process) throws Exception {
    process.onExit().get(SECONDS, TimeUnit.SECONDS);
    assertFalse(process.isAlive());
  }

  @Test
  void startsKillsRestartsAndStops() throws Exception {
    var said = new ArrayList<String>();
    int port = Family.freePorts(21_500, 2);
    List<ProcessHandle> processes;
    try (var family = new Family(folder.resolve("logs"), said::add)) {
      family.start(List.of(s3(folder, port), redis(folder, port + 1)));
      assertEquals(2, said.size());
      assertTrue(said.getFirst().contains("http://127.0.0.1:" + port), said::toString);
      connect(port);
      long before = family.child("s3").pid();
      family.kill("s3");
      assertFalse(family.child("s3").isAlive());
      assertFalse(family.lost().isDone(), "a kill on purpose is no loss");
      family.restart("s3");
      assertNotEquals(before, family.child("s3").pid());
      connect(port);
      assertTrue(Files.readString(folder.resolve("logs/s3.log")).lines().filter(line -> line.startsWith("ready: S3")).count() == 2);

      processes = new ArrayList<>(ProcessHandle.of(family.child("redis").pid()).orElseThrow().descendants().toList());
      assertFalse(processes.isEmpty(), "Redis runs below its Java process");
      processes.add(ProcessHandle.of(family.child("s3").pid()).orElseThrow());
    }
    for (ProcessHandle process : processes) {
      awaitEnd(process);
    }
    assertEquals(3, said.size(), "all ended within their time: " + said);
  }

  @Test
  void tellsOfAProcessThatEndsByItself() throws Exception {
    try (var family = new Family(folder.resolve("logs"), _ -> {})) {
      family.start(List.of(s3(folder, freePort())));
      ProcessHandle.of(family.child("s3").pid()).orElseThrow().destroyForcibly();
      assertEquals("s3", family.lost().get(SECONDS, TimeUnit.SECONDS).program().name());
      assertTrue(family.child("s3").ending().startsWith("s3 ended with code 137; its log is "), family.child("s3")::ending);
    }
  }

  @Test
  void quotesTheLogOfAProcessThatDoesNotStart() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var family = new Family(folder.resolve("logs"), _ -> {})) {
      var failure = assertThrows(TidemarkException.class, () -> family.start(List.of(s3(folder, taken.getLocalPort()))));
      assertEquals(ErrorCode.UNAVAILABLE, failure.code());
      assertTrue(failure.getMessage().startsWith("s3 ended with code 1; its log is " + folder.resolve("logs/s3.log")),
          failure.getMessage());
      assertTrue(failure.getMessage().contains("Address already in use"), failure.getMessage());
    }
  }

  @Test
  void refusesPortsThatAreTakenAndMemoryThatIsShort() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      var port = assertThrows(TidemarkException.class, () -> Family.requireFree(taken.getLocalPort(), "Kafka"));
      assertEquals(ErrorCode.CONFLICT, port.code());
      assertTrue(port.getMessage().startsWith("port " + taken.getLocalPort() + " of 127.0.0.1 is for Kafka and cannot be had: "),
          port.getMessage());
      assertNotEquals(taken.getLocalPort(), Family.freePorts(taken.getLocalPort(), 1));
    }
    if (Files.isReadable(Path.of("/proc/meminfo"))) {
      var memory = assertThrows(TidemarkException.class,
          () -> Family.requireMemory(List.of(new Program("giant", 0, 1_000_000_000, List.of(), ""))));
      assertTrue(memory.getMessage().contains("1 processes may take 1000000140 MB of memory and "), memory.getMessage());
      Family.requireMemory(List.of(new Program("dwarf", 0, 1, List.of(), "")));
    }
  }

  /// Ctrl+C reaches every process of the terminal; only the demo itself may act on it.
  @Test
  void processesIgnoreTheInterruptOfTheTerminal() throws Exception {
    Path proc = Path.of("/proc");
    if (!Files.isDirectory(proc.resolve("self"))) {
      return;
    }
    try (var family = new Family(folder.resolve("logs"), _ -> {})) {
      family.start(List.of(s3(folder, freePort())));
      String ignored = Files.readString(proc.resolve(family.child("s3").pid() + "/status")).lines()
          .filter(line -> line.startsWith("SigIgn:")).findFirst().orElseThrow().substring(7).strip();
      assertEquals(1, Long.parseUnsignedLong(ignored, 16) >> 1 & 1, ignored);
    }
  }

  /// A demo that is killed cannot stop anything; its processes must see to that themselves.
  @Test
  void nothingOutlivesADemoThatIsKilled() throws Exception {
    Process demo = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-Xmx128m", "-cp",
        System.getProperty("java.class.path"), FamilyTest.class.getName(), folder.toString(), String.valueOf(Family.freePorts(21_500, 2)))
            .redirectErrorStream(true).start();
    var processes = new ArrayList<ProcessHandle>();
    try (BufferedReader lines = demo.inputReader()) {
      var seen = new ArrayList<String>();
      for (String line = lines.readLine(); line != null && !line.startsWith(READY_TO_BE_KILLED); line = lines.readLine()) {
        seen.add(line);
      }
      processes.addAll(demo.descendants().toList());
      assertTrue(processes.size() >= 3, () -> "an S3 server, Redis and its Java process were to run: " + processes + seen);
    } finally {
      demo.destroyForcibly();
    }
    for (ProcessHandle process : processes) {
      awaitEnd(process);
    }
  }

  /// The demo of {@link #nothingOutlivesADemoThatIsKilled}.
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    var family = new Family(folder.resolve("logs"), System.out::println);
    family.start(List.of(s3(folder, Integer.parseInt(arguments[1]) + 1), redis(folder, Integer.parseInt(arguments[1]))));
    System.out.println(READY_TO_BE_KILLED);
    family.lost().join();
  }
}
