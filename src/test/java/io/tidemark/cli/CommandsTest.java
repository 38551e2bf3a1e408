package io.tidemark.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.server.EngineProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Exit codes and messages of the commands, run as users run them: 0 done, 1 failed, 2 usage or configuration error.
class CommandsTest {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @TempDir
  private Path directory;

  private record Ran(int code, String out, String err) {}

  private Ran tidemark(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(JAVA.toString(), "-ea", "-Xmx256m", "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), "io.tidemark.cli.Main"));
    command.addAll(List.of(arguments));
    return run(command, Map.of());
  }

  private Ran run(List<String> command, Map<String, String> environment) throws Exception {
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    var builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), () -> command + " did not end");
    } finally {
      process.destroyForcibly();
    }
    return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  @Test
  void helpNamesEveryCommandAndTheExitCodes() throws Exception {
    for (String[] arguments : new String[][] {{"help"}, {}}) {
      Ran ran = tidemark(arguments);
      assertEquals(0, ran.code, ran.err);
      for (String command : List.of("serve", "demo", "query", "import", "export", "check", "dump", "test", "version",
          "Exit codes: 0 done, 1 failed, 2 usage")) {
        assertTrue(ran.out.contains(command), ran.out);
      }
    }
    assertTrue(tidemark("help", "serve").out.contains("--data-dir"));
    assertTrue(tidemark("version").out.matches("tidemark \\S+, Java \\S+\\R"));
  }

  @Test
  void aCommandLineThatNamesACommandReadsThatOneOnly() {
    for (String command : Main.commandLine().getSubcommands().keySet()) {
      if (!command.equals("help")) {
        assertEquals(Set.of(command), Main.commandLine(command).getSubcommands().keySet());
      }
    }
  }

  @Test
  void dumpTellsWhatAFileHoldsAndWhetherItIsWhole() throws Exception {
    Path golden = Path.of("src/test/resources/formats/block-v4.bin");
    Ran whole = tidemark("dump", "--samples", golden.toString());
    assertEquals(0, whole.code, whole.err);
    assertTrue(whole.out.contains("up{instance=\"a\"}") && whole.out.contains("  1704067200000 1.0"), whole.out);
    byte[] bytes = Files.readAllBytes(golden);
    bytes[100] ^= 1;
    Path damaged = Files.write(directory.resolve("block.tmb.damaged"), bytes);
    Ran refused = tidemark("dump", damaged.toString());
    assertEquals(1, refused.code);
    assertTrue(refused.out.contains("DAMAGED page 0 at byte 8: checksum "), refused.out);
    assertFalse(refused.out.contains("up{"), refused.out);
    assertTrue(tidemark("dump", "--go-on", damaged.toString()).out.contains("up{"));
    String segment = "544d4c53010000000000000000000000000000" + "00d4920069" + "03000000000000000000000000000000" + "16ddc2316f6e65";
    Path log = Files.write(directory.resolve("00000000000000000000.segment"), HexFormat.of().parseHex(segment));
    Ran records = tidemark("dump", log.toString());
    assertEquals(0, records.code, records.out + records.err);
    assertTrue(records.out.contains("record 0: 3 bytes"), records.out);
    assertEquals(2, tidemark("dump", file("notes.txt", "nothing").toString()).code);
  }

  @Test
  void dumpOfACheckpointOfANewerReleaseFails() throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of("src/test/resources/formats/checkpoint-v7.bin"));
    Path whole = Files.write(directory.resolve("checkpoint-00000000000000000001.ckpt"), bytes);
    assertEquals(0, tidemark("dump", whole.toString()).code);
    bytes[4] = 99;
    Path newer = Files.write(directory.resolve("checkpoint-00000000000000000002.ckpt"), bytes);
    Ran refused = tidemark("dump", newer.toString());
    assertEquals(1, refused.code);
    assertTrue(refused.err.contains(newer + ": checkpoint version 99, this release reads 1 to "), refused.err);
    Ran goesOn = tidemark("dump", "--go-on", newer.toString());
    assertEquals(1, goesOn.code);
    assertTrue(goesOn.out.contains("frame 0 ") && goesOn.out.contains("DAMAGED version at byte 4: 99, expected 1 to "), goesOn.out);
  }

  @Test
  void dumpOfAFileThatDoesNotExistSaysSo() throws Exception {
    Path none = directory.resolve("none.tmb");
    Ran missing = tidemark("dump", none.toString());
    assertEquals(1, missing.code);
    assertEquals("tidemark: cannot open " + none + ": it does not exist", missing.err.strip());
  }

  @Test
  void wrongUsageIsTwoAndSaysWhatIsMeant() throws Exception {
    Ran command = tidemark("serv");
    assertEquals(2, command.code);
    assertTrue(command.err.contains("serve"), command.err);
    Ran option = tidemark("serve", "--data-dri", "x");
    assertEquals(2, option.code);
    assertTrue(option.err.contains("--data-dir"), option.err);
    assertEquals(2, tidemark("query").code);
    assertEquals(2, tidemark("check").code);
    assertEquals(2, tidemark("test").code);
    Ran demos = tidemark("demo", "--payments", "--cluster");
    assertEquals(2, demos.code);
    assertTrue(demos.err.contains("are two demos; ask for one"), demos.err);
  }

  @Test
  void checkPrintsEveryProblemWithItsPlace() throws Exception {
    Path good = file("good.yml", "storage: {retention: 30d}\n");
    Ran fine = tidemark("check", good.toString());
    assertEquals(0, fine.code, fine.err);
    assertTrue(fine.out.startsWith(good + ": good; "), fine.out);

    Path bad = file("bad.yml", "storage:\n  retenton: 30d\n  retention: soon\nlisten: nine\n");
    Ran refused = tidemark("check", bad.toString());
    assertEquals(2, refused.code);
    assertTrue(refused.err.contains("bad.yml:2:3: unknown key \"retenton\" in storage; nearest is \"retention\""), refused.err);
    assertTrue(refused.err.contains("bad.yml:3:3: storage.retention: expected a duration"), refused.err);
    assertTrue(refused.err.contains("bad.yml:4:1: "), refused.err);
    assertFalse(refused.err.contains("\tat ") || refused.err.contains("    at "), refused.err);

    file("rules.yml", "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: up ==\n");
    Ran rules = tidemark("check", file("with-rules.yml", "rule_files: [rules.yml]\n").toString());
    assertEquals(2, rules.code);
    assertTrue(rules.err.contains("rules.yml:5:9: could not parse expression: "), rules.err);

    Ran set = tidemark("check", good.toString(), "--set", "storage.retention=never");
    assertEquals(2, set.code);
    assertTrue(set.err.contains("storage.retention: expected a duration such as 15s or 1h30m, found \"never\""), set.err);
    Path value = file("value", " 45d\n");
    assertEquals(0, tidemark("check", good.toString(), "--set-file", "storage.retention=" + value).code);
    Files.writeString(value, "soon");
    Ran fromFile = tidemark("check", good.toString(), "--set-file", "storage.retention=" + value);
    assertEquals(2, fromFile.code);
    assertTrue(fromFile.err.contains("found \"soon\""), fromFile.err);
    Ran noValue = tidemark("check", good.toString(), "--set-file", "storage.retention=" + directory.resolve("no-value"));
    assertEquals(2, noValue.code);
    assertTrue(noValue.err.contains("cannot read " + directory.resolve("no-value") + " (NoSuchFileException)"), noValue.err);

    Ran missing = tidemark("check", directory.resolve("none.yml").toString());
    assertEquals(2, missing.code);
    assertTrue(missing.err.contains("none.yml"), missing.err);
  }

  @Test
  void serveRefusesWhatItCannotServe() throws Exception {
    String data = directory.resolve("data").toString();
    Ran settings = tidemark("serve", "--data-dir", data, "--set", "storage.retention=soon");
    assertEquals(2, settings.code, settings.err);
    assertTrue(settings.err.contains("storage.retention"), settings.err);
    Ran open = tidemark("serve", "--data-dir", data, "--listen", "0.0.0.0:0");
    assertEquals(2, open.code, open.err);
    assertTrue(open.err.contains("listen_without_login"), open.err);
    Ran noConfig = tidemark("serve", "--data-dir", data, "--config", directory.resolve("none.yml").toString());
    assertEquals(2, noConfig.code, noConfig.err);
  }

  @Test
  void queryAsksARunningServer() throws Exception {
    Path data = directory.resolve("engine");
    String port;
    try (EngineProcess engine = EngineProcess.start(data)) {
      engine.post("/api/v1/import/prometheus", "text/plain", "cli_test{a=\"b\"} 42\n".getBytes(StandardCharsets.UTF_8));
      Ran vector = tidemark("query", "--server", engine.url(), "cli_test");
      assertEquals(0, vector.code, vector.err);
      assertTrue(vector.out.contains("\"a\":\"b\"") && vector.out.contains(" 42 @"), vector.out);
      Ran scalar = tidemark("query", "--server", engine.url(), "--time", "5", "1 + 1");
      assertEquals("2\n", scalar.out);
      Ran wrong = tidemark("query", "--server", engine.url(), "cli_test{");
      assertEquals(1, wrong.code);
      assertTrue(wrong.err.startsWith("tidemark: ") && wrong.err.contains("parse error"), wrong.err);

      Ran second = tidemark("serve", "--data-dir", data.toString(), "--listen", "127.0.0.1:0");
      assertEquals(1, second.code, second.err);
      assertTrue(second.err.contains("in use"), second.err);
      port = engine.url().substring(engine.url().lastIndexOf(':') + 1);
      Ran taken = tidemark("serve", "--data-dir", directory.resolve("other").toString(), "--listen", "127.0.0.1:" + port);
      assertEquals(1, taken.code, taken.err);
      assertTrue(taken.err.contains(port), taken.err);
      assertFalse(taken.err.contains("defect"), taken.err);
      assertEquals(0, engine.stop());
    }
    Ran gone = tidemark("query", "--server", "http://127.0.0.1:" + port, "up");
    assertEquals(1, gone.code, gone.err);
    assertTrue(gone.err.contains(port), gone.err);
    assertFalse(gone.err.contains("defect"), gone.err);
    Ran nowhere = tidemark("query", "--server", "not a url", "up");
    assertEquals(2, nowhere.code, nowhere.err);
  }

  /// The launcher without a JDK: it says what to install, and that TIDEMARK_JAVA_HOME may point at it.
  @Test
  void launcherTellsWhereAJdkComesFrom() throws Exception {
    Path script = Path.of("tidemark").toAbsolutePath();
    Ran found = run(List.of("sh", script.toString(), "jdk"), Map.of("TIDEMARK_JAVA_HOME", System.getProperty("java.home")));
    assertEquals(0, found.code, found.err);
    assertEquals(System.getProperty("java.home"), found.out.strip());
    // A copy that looks for a JDK only where there is none.
    String text = Files.readString(script).replaceAll(" /(usr/lib/jvm|opt/java|opt/jdk|Library)[^ ;]*", "");
    Path copy = file("tidemark-without-jdk", text);
    Ran none = run(List.of("sh", copy.toString(), "jdk"), Map.of("TIDEMARK_JAVA_HOME", "/nowhere", "JAVA_HOME", "", "HOME", "/nowhere"));
    assertEquals(1, none.code, none.out);
    assertTrue(none.err.contains("needs a JDK 25") && none.err.contains("TIDEMARK_JAVA_HOME"), none.err);
  }

  @Test
  void trainsOnDataOfItsOwnAndLeavesNothing() throws Exception {
    Path temporary = Files.createDirectory(directory.resolve("temporary"));
    Ran ran = run(List.of(JAVA.toString(), "-ea", "-Xmx256m", "--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + temporary, "-cp",
        System.getProperty("java.class.path"), "io.tidemark.cli.Main", "train", "--requests", "20", "--hours", "1"), Map.of());
    assertEquals(0, ran.code, ran.err);
    assertTrue(ran.out.contains("Trained on 50400 samples and 40 queries."), ran.out);
    try (var left = Files.list(temporary)) {
      assertEquals(List.of(), left.filter(file -> file.getFileName().toString().startsWith("tidemark-train-")).toList());
    }
  }

  /// A JDK whose `java` prints its arguments and, as the launcher sees it, learns.
  private Map<String, String> printingJdk() throws IOException {
    Path bin = Files.createDirectories(directory.resolve("jdk/bin"));
    file("jdk/release", "JAVA_VERSION=\"25.0.3\"\n");
    String java = """
        #!/bin/sh
        echo "$@"
        for flag in "$@"; do case $flag in -XX:AOTCacheOutput=*) : > "${flag#*=}" ;; esac; done
        """;
    for (String name : List.of("java", "javac")) {
      assertTrue(Files.writeString(bin.resolve(name), java).toFile().setExecutable(true));
    }
    return Map.of("TIDEMARK_JAVA_HOME", directory.resolve("jdk").toString());
  }

  /// Elsewhere than on Linux the JVM would not start with that flag.
  @Test
  void launcherAsksForLargePagesWhereLinuxGivesThem() throws Exception {
    Path setting = directory.resolve("enabled");
    Path script = file("tidemark", Files.readString(Path.of("tidemark"))
        .replace("/sys/kernel/mm/transparent_hugepage/enabled", setting.toString()));
    Files.writeString(Files.createDirectory(directory.resolve("target")).resolve("tidemark.jar"), "a jar");
    Map<String, String> jdk = printingJdk();
    List<String> version = List.of("sh", script.toString(), "version");
    assertFalse(run(version, jdk).out.contains("UseTransparentHugePages"));
    for (String says : List.of("always madvise [never]", "always [madvise] never", "[always] madvise never")) {
      Files.writeString(setting, says + "\n");
      assertEquals(!says.contains("[never]"), run(version, jdk).out.contains("-XX:+UseTransparentHugePages"), says);
    }
  }

  /// What the JVM learned holds for one jar and one set of flags: with another the JVM would run the old classes, or not start.
  @Test
  void launcherForgetsWhatItLearnedOfAnotherJar() throws Exception {
    Path script = Files.copy(Path.of("tidemark"), directory.resolve("tidemark"));
    Path jar = Files.writeString(Files.createDirectory(directory.resolve("target")).resolve("tidemark.jar"), "one jar");
    Map<String, String> jdk = printingJdk();
    List<String> serve = List.of("sh", script.toString(), "serve");
    Ran untrained = run(serve, jdk);
    assertFalse(untrained.out.contains("AOT"));
    assertTrue(untrained.err.contains("./tidemark train"), untrained.err);
    Ran trained = run(List.of("sh", script.toString(), "train"), jdk);
    assertEquals(0, trained.code, trained.err);
    Ran started = run(serve, jdk);
    assertTrue(started.out.contains("-XX:AOTCache=" + directory.resolve("target/tidemark-")));
    assertEquals("", started.err);
    assertFalse(run(List.of("sh", script.toString(), "query", "up"), jdk).out.contains("AOT"));
    assertFalse(run(serve, Map.of("TIDEMARK_JAVA_HOME", directory.resolve("jdk").toString(), "TIDEMARK_JAVA_OPTS", "-Xmx1g")).out
        .contains("AOT"));
    Files.writeString(jar, "another");
    assertFalse(run(serve, jdk).out.contains("AOT"));
  }
}
