package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// One running process of a demo: its output goes into its own file, its end is noticed.
final class Child {
  /// Lines of output that a failure quotes.
  private static final int LAST_LINES = 5;
  /// What a log file may grow to; what comes after is read and dropped.
  private static final long LOG_CHARS_MAX = 10_000_000;
  private static final List<String> JAVA_OPTIONS = List.of("-ea", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders",
      "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

  private final Program program;
  private final Path log;
  private final Process process;
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private final ArrayDeque<String> lastLines = new ArrayDeque<>();
  private volatile boolean expectedToEnd;

  private Child(Program program, Path log, Process process) {
    this.program = program;
    this.log = log;
    this.process = process;
  }

  /// Starts it; {@link #ready} tells when it is up.
  ///
  /// @param logs      the directory of the log files
  /// @param classPath what it runs from
  static Child start(Program program, Path logs, String classPath) {
    // A Ctrl+C reaches all processes of a terminal at once. The demo ends its processes in order itself, so they ignore it; what is
    // ignored stays ignored over exec, and the JVM leaves it so.
    var command = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx" + program.heapMb() + "m"));
    command.addAll(JAVA_OPTIONS);
    command.addAll(List.of("-cp", classPath, Tether.class.getName()));
    command.addAll(program.arguments());
    Path log = logs.resolve(program.name() + ".log");
    try {
      Files.createDirectories(logs);
      var child = new Child(program, log, new ProcessBuilder(command).redirectErrorStream(true).start());
      Thread.ofPlatform().name("output of " + program.name()).daemon().start(child::follow);
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + program.name() + ": " + e.getMessage(), e);
    }
  }

  private void follow() {
    try (BufferedReader lines = process.inputReader();
        Writer out = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      long written = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (written <= LOG_CHARS_MAX) {
          written += line.length() + 1;
          out.write(line + "\n");
          out.flush();
        }
        remember(line);
        if (line.startsWith(program.ready())) {
          ready.complete(line.substring(program.ready().length()).strip());
        }
      }
    } catch (IOException e) {
      remember("its output could not be read: " + e.getMessage());
    }
    // Ends only when the process does, or when it closed its output, which none of the demo's does before its end.
    process.onExit().thenAccept(ended -> ready.completeExceptionally(new TidemarkException(ErrorCode.UNAVAILABLE, ending())));
  }

  /// Frames of stack traces would push out the messages above them.
  private synchronized void remember(String line) {
    if (line.startsWith("\tat ") || line.startsWith("\t... ")) {
      return;
    }
    lastLines.add(line);
    if (lastLines.size() > LAST_LINES) {
      lastLines.remove();
    }
  }

  /// How it ended, with the end of what it said.
  synchronized String ending() {
    return program.name() + " ended with code " + process.exitValue() + "; its log is " + log + " and ends with:\n  "
        + String.join("\n  ", lastLines);
  }

  Program program() {
    return program;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// Completes with what the ready line says; fails when the process ends before.
  CompletableFuture<String> ready() {
    return ready;
  }

  /// Completes when the process ended although nobody ended it.
  CompletableFuture<Child> endedByItself() {
    var ended = new CompletableFuture<Child>();
    process.onExit().thenAccept(_ -> {
      if (!expectedToEnd) {
        ended.complete(this);
      }
    });
    return ended;
  }

  /// `kill -9`; returns when it is gone.
  void kill() {
    expectedToEnd = true;
    List<ProcessHandle> below = process.descendants().toList();
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
    process.onExit().join();
  }

  /// SIGTERM, and no waiting.
  void askToEnd() {
    expectedToEnd = true;
    process.destroy();
  }

  /// Waits for the end, up to a limit, and kills what is left then. Returns whether it ended by itself.
  boolean awaitEnd(long seconds) {
    try {
      if (process.waitFor(seconds, TimeUnit.SECONDS)) {
        return true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    kill();
    return false;
  }
}
