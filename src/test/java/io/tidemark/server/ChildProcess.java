package io.tidemark.server;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A Java program as a process of its own, from the tests' class path. Its output goes to a file; it is up when it says so.
final class ChildProcess implements AutoCloseable {
  private static final long END_SECONDS = 60;
  private final Process process;
  private final String readyLine;
  private final Thread drain;

  private ChildProcess(Process process, String readyLine, Thread drain) {
    this.process = process;
    this.readyLine = readyLine;
    this.drain = drain;
  }

  /// Starts `mainClass` and waits for a line that starts with `ready`.
  ///
  /// @param jvm further options of the virtual machine
  static ChildProcess start(Path output, Map<String, String> environment, List<String> jvm, String mainClass, List<String> arguments,
      String ready) {
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
        "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(arguments);
    try {
      Files.createDirectories(output.getParent());
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      BufferedWriter file = Files.newBufferedWriter(output);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        file.write(line);
        file.newLine();
        if (line.startsWith(ready)) {
          file.flush();
          var drain = new Thread(() -> drain(lines, file), "output of " + output.getFileName());
          drain.setDaemon(true);
          drain.start();
          return new ChildProcess(process, line, drain);
        }
      }
      file.close();
      throw new IllegalStateException(mainClass + " ended before it was ready:\n" + Files.readString(output));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void drain(BufferedReader lines, BufferedWriter file) {
    try (file) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        file.write(line);
        file.newLine();
        file.flush();
      }
    } catch (IOException e) {
      System.err.println("the output of a child ended: " + e.getMessage());
    }
  }

  /// The line that said that it is up.
  String readyLine() {
    return readyLine;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// `kill -9`; returns when it is gone.
  void kill() {
    process.destroyForcibly();
    waitForEnd();
  }

  /// SIGTERM; returns the exit code.
  int stop() {
    process.destroy();
    return waitForEnd();
  }

  private int waitForEnd() {
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("a child did not end within " + END_SECONDS + " s");
      }
      drain.join();
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }
}
