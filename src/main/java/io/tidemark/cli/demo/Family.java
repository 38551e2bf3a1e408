package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// All processes of a demo: started with their bounds checked, stopped in order, none left behind. Safe on any thread.
final class Family implements AutoCloseable {
  private static final long START_SECONDS = 180;
  private static final long STOP_SECONDS = 40;
  private static final String HOST = "127.0.0.1";
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

  private final Path logs;
  private final Consumer<String> print;
  private final String classPath;
  private final Map<String, Child> children = new LinkedHashMap<>();
  private final CompletableFuture<Child> lost = new CompletableFuture<>();
  private boolean closed;

  /// @param logs  directory of the log files
  /// @param print told of every start and stop, a line each
  Family(Path logs, Consumer<String> print) {
    this.logs = logs;
    this.print = print;
    classPath = classPath();
  }

  /// The own class path and the servers', which are not part of the jar.
  private static String classPath() {
    String own = System.getProperty("java.class.path");
    Path servers = Path.of(System.getProperty("tidemark.home", ""), "target", "servers");
    if (Files.isDirectory(servers)) {
      return own + File.pathSeparator + servers.toAbsolutePath() + File.separator + "*";
    }
    if (Family.class.getResource("/kafka/server/KafkaConfig.class") != null) {
      return own;
    }
    throw new TidemarkException(ErrorCode.NOT_FOUND, "Kafka, PostgreSQL, Redis and the S3 server are not part of the jar and are not in "
        + servers + "; from a checkout, ./tidemark demo fetches them there");
  }

  /// Refuses, with the port and what it is for, when something listens on it.
  static void requireFree(int port, String what) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.CONFLICT, "port " + port + " of " + HOST + " is for " + what + " and cannot be had: "
          + e.getMessage() + "; end what listens there (ss -ltnp shows it)", e);
    }
  }

  /// `count` ports in a row that are free now, the first at or above `from`.
  static int freePorts(int from, int count) {
    int first = from;
    for (int port = from; port < from + 10_000; port++) {
      if (!isFree(port)) {
        first = port + 1;
      } else if (port - first + 1 == count) {
        return first;
      }
    }
    throw new TidemarkException(ErrorCode.CONFLICT, "no " + count + " ports in a row are free on " + HOST + " from " + from + " on");
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// Refuses when the programs could take more memory than the machine has to give; where it does not say, nothing is refused.
  static void requireMemory(List<Program> programs) {
    long needed = programs.stream().mapToLong(Program::memoryMb).sum();
    Optional<Long> available = availableMb();
    if (available.isPresent() && available.get() < needed) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, "the " + programs.size() + " processes may take " + needed + " MB of memory and "
          + available.get() + " MB are available; end something else first");
    }
  }

  private static Optional<Long> availableMb() {
    try {
      Matcher matcher = AVAILABLE.matcher(Files.isReadable(MEMORY) ? Files.readString(MEMORY) : "");
      return matcher.find() ? Optional.of(Long.parseLong(matcher.group(1)) / 1024) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// Starts processes together and waits until all are ready.
  ///
  /// @throws TidemarkException `UNAVAILABLE` when one ends or is not ready in time; the others run on until {@link #close}
  void start(List<Program> programs) {
    var starting = new ArrayList<Child>();
    for (Program program : programs) {
      starting.add(launch(program));
    }
    for (Child child : starting) {
      print.accept("  " + String.format("%-14s", child.program().name()) + awaitReady(child) + "  (process " + child.pid() + ")");
    }
  }

  private synchronized Child launch(Program program) {
    if (closed) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, "the demo ends; " + program.name() + " is not started");
    }
    Child child = Child.start(program, logs, classPath);
    children.put(program.name(), child);
    child.endedByItself().thenAccept(lost::complete);
    return child;
  }

  private static String awaitReady(Child child) {
    try {
      return child.ready().get(START_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new TidemarkException(ErrorCode.TIMEOUT, child.program().name() + " was not ready within " + START_SECONDS + " s", e);
    } catch (ExecutionException e) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.CANCELED, "interrupted while " + child.program().name() + " started", e);
    }
  }

  /// The running process of that name.
  synchronized Child child(String name) {
    Child child = children.get(name);
    if (child == null) {
      throw new IllegalArgumentException("no process " + name + " among " + children.keySet());
    }
    return child;
  }

  /// `kill -9` of one of them; it may be started again.
  void kill(String name) {
    child(name).kill();
  }

  /// Starts one that was killed once more, as it was.
  void restart(String name) {
    start(List.of(child(name).program()));
  }

  /// Completes with the first process that ends without having been told to.
  CompletableFuture<Child> lost() {
    return lost;
  }

  /// Stops all, those of the highest tier first, those of one tier together. Kills what does not end in time. May be called again.
  @Override
  public synchronized void close() {
    closed = true;
    var tiers = new TreeMap<Integer, List<Child>>();
    children.values().stream().filter(Child::isAlive)
        .forEach(child -> tiers.computeIfAbsent(child.program().tier(), _ -> new ArrayList<>()).add(child));
    for (List<Child> tier : tiers.descendingMap().values()) {
      tier.forEach(Child::askToEnd);
      for (Child child : tier) {
        if (!child.awaitEnd(STOP_SECONDS)) {
          print.accept(child.program().name() + " did not end within " + STOP_SECONDS + " s and was killed");
        }
      }
    }
  }
}
