package io.tidemark.cli.servers;

import io.tidemark.config.Secret;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import redis.embedded.core.ExecutableProvider;

/// A real Redis 6.2 on loopback, its data in an append-only file.
public final class RedisServer implements AutoCloseable {
  private static final long START_SECONDS = 60;
  private static final long STOP_SECONDS = 30;

  private final Path dir;
  private final int port;
  private final Secret password;
  private final Thread hook = Thread.ofPlatform().name("redis-closer").unstarted(this::stop);
  private Process process;

  private RedisServer(Path dir, int port, Secret password) {
    this.dir = dir.toAbsolutePath();
    this.port = port;
    this.password = password;
  }

  /// Starts a server without a password; returns when it answers.
  ///
  /// @param dir  for data, configuration and log; made when missing
  /// @param port 0 for a free one
  public static RedisServer start(Path dir, int port) {
    return start(dir, port, Secret.NONE);
  }

  /// As {@link #start(Path, int)}, with a password that every client must give unless it is empty.
  public static RedisServer start(Path dir, int port, Secret password) {
    var server = new RedisServer(dir, port == 0 ? ServerMain.freePort() : port, password);
    Runtime.getRuntime().addShutdownHook(server.hook);
    try {
      server.start();
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return port;
  }

  public Secret password() {
    return password;
  }

  /// The server's process while it runs.
  public synchronized long pid() {
    return process.pid();
  }

  /// Starts it again on the same port with the data it had.
  public synchronized void start() {
    if (process != null && process.isAlive()) {
      return;
    }
    try {
      Files.createDirectories(dir);
      Path program = program();
      Path settings = dir.resolve("redis.conf");
      write(settings);
      process = new ProcessBuilder(program.toString(), settings.toString()).redirectErrorStream(true).directory(dir.toFile()).start();
      awaitReady();
    } catch (IOException e) {
      throw new UncheckedIOException("redis in " + dir + " could not be started", e);
    }
  }

  /// The server from the library, unpacked once for each directory: it lies beside its data, so that no other user can replace it.
  private Path program() throws IOException {
    Path bin = Files.createDirectories(dir.resolve("bin"));
    return ExecutableProvider.newJarResourceProvider(bin.toFile()).get().toPath();
  }

  private void write(Path settings) throws IOException {
    Files.deleteIfExists(settings);
    Files.createFile(settings, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    var lines = List.of("bind " + host(), "port " + port, "dir " + quoted(dir.toString()), "appendonly yes", "appendfsync everysec",
        "save \"\"", "daemonize no", password.isEmpty() ? "protected-mode yes" : "requirepass " + quoted(password.reveal()));
    Files.write(settings, lines, StandardOpenOption.WRITE);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /// Follows the server's output into a file for as long as it runs, and returns when it says that it is ready.
  private void awaitReady() {
    Process started = process;
    var ready = new CountDownLatch(1);
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread.ofVirtual().name("redis-output").start(() -> {
      try (BufferedReader lines = started.inputReader();
          var out = Files.newBufferedWriter(dir.resolve("redis.log"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          out.write(line + "\n");
          out.flush();
          if (line.contains("Ready to accept connections")) {
            ready.countDown();
          }
        }
        ended.complete(null);
      } catch (IOException e) {
        ended.completeExceptionally(e);
      } finally {
        ready.countDown();
      }
    });
    try {
      boolean spoke = ready.await(START_SECONDS, TimeUnit.SECONDS);
      if (spoke && ended.isDone()) {
        ended.get();
      }
      if (!spoke || !started.isAlive()) {
        started.destroyForcibly();
        throw new IllegalStateException("redis on port " + port + " did not start within " + START_SECONDS + " s; see "
            + dir.resolve("redis.log"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while redis started", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the output of redis could not be kept in " + dir.resolve("redis.log"), e);
    }
  }

  /// Ends the server in order; what was written is in its file.
  public synchronized void stop() {
    end(false);
  }

  /// Ends the server as a crash would: the last second of writes may be lost.
  public synchronized void kill() {
    end(true);
  }

  private void end(boolean force) {
    if (process == null) {
      return;
    }
    if (force) {
      process.destroyForcibly();
    } else {
      process.destroy();
    }
    try {
      process.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new IllegalStateException("redis on port " + port + " did not stop within " + STOP_SECONDS + " s and was killed", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    stop();
    ServerMain.forget(hook);
  }

  /// Runs a server until the process is ended: `DIR PORT`, and a password in the environment variable `TIDEMARK_SERVER_PASSWORD`.
  /// Prints one line when it is ready.
  public static void main(String[] arguments) throws InterruptedException {
    ServerMain.serve("redis", arguments, (dir, port, password) -> {
      RedisServer server = start(dir, port, password);
      return server.host() + ":" + server.port();
    });
  }
}
