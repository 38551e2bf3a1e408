package io.tidemark.cli.servers;

import io.tidemark.config.Secret;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A real PostgreSQL 18 on loopback with one user and a database of the same name. It does not sync to disk (`-F`): it survives its own
/// crash, not that of the machine.
public final class PostgresServer implements AutoCloseable {
  private static final String NAME = "tidemark";
  /// The default of 10 s is too short for a busy machine.
  private static final Duration START = Duration.ofSeconds(120);
  private static final long STOP_SECONDS = 30;

  private final Path dir;
  private final int port;
  private final Secret password;
  private final Thread hook = Thread.ofPlatform().name("postgres-closer").unstarted(this::stop);
  private Optional<EmbeddedPostgres> running = Optional.empty();

  private PostgresServer(Path dir, int port, Secret password) {
    this.dir = dir.toAbsolutePath();
    this.port = port;
    this.password = password;
  }

  /// Starts a server whose user needs no password; returns when it answers.
  ///
  /// @param dir  for data and log; made when missing
  /// @param port 0 for a free one
  public static PostgresServer start(Path dir, int port) {
    return start(dir, port, Secret.NONE);
  }

  /// As {@link #start(Path, int)}, with a password that the user must give (SCRAM-SHA-256) unless it is empty.
  public static PostgresServer start(Path dir, int port, Secret password) {
    var server = new PostgresServer(dir, port == 0 ? ServerMain.freePort() : port, password);
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

  public String database() {
    return NAME;
  }

  public String username() {
    return NAME;
  }

  public Secret password() {
    return password;
  }

  /// Starts it again on the same port with the data it had.
  public synchronized void start() {
    if (running.isPresent()) {
      return;
    }
    Path log = dir.resolve("postgres.log");
    try {
      Files.createDirectories(dir);
      EmbeddedPostgres started = EmbeddedPostgres.builder().setDataDirectory(data()).setCleanDataDirectory(false).setPort(port)
          .setRegisterShutdownHook(false).setPGStartupWait(START).setServerConfig("max_connections", "200").setLocaleConfig("locale", "C")
          .setDataDirectoryCustomizer(this::writeAccess).setOutputRedirector(Redirect.appendTo(log.toFile()))
          .setErrorRedirector(Redirect.appendTo(log.toFile())).start();
      running = Optional.of(started);
      prepare(started);
    } catch (IOException e) {
      throw new UncheckedIOException("postgres in " + dir + " could not be started; see " + log, e);
    } catch (SQLException e) {
      throw new IllegalStateException("postgres in " + dir + " started, but its database could not be made: " + e.getMessage(), e);
    }
  }

  private Path data() {
    return dir.resolve("data");
  }

  /// The administrator comes in without a password, from this machine only; everybody else as the password asks for.
  private void writeAccess(File data) {
    String method = password.isEmpty() ? "trust" : "scram-sha-256";
    var lines = List.of("local all all trust", "host all postgres 127.0.0.1/32 trust", "host all postgres ::1/128 trust",
        "host all all 127.0.0.1/32 " + method, "host all all ::1/128 " + method);
    try {
      Files.write(data.toPath().resolve("pg_hba.conf"), lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void prepare(EmbeddedPostgres started) throws SQLException {
    try (Connection connection = started.getPostgresDatabase().getConnection(); Statement statement = connection.createStatement()) {
      try (ResultSet found = statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + NAME + "'")) {
        if (found.next()) {
          return;
        }
      }
      statement.execute("CREATE ROLE " + NAME + " LOGIN PASSWORD " + (password.isEmpty() ? "NULL" : quoted(password.reveal())));
      statement.execute("CREATE DATABASE " + NAME + " OWNER " + NAME);
    }
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /// The process that owns the data while the server runs.
  public synchronized long pid() {
    return postmaster().orElseThrow(() -> new IllegalStateException("postgres does not run")).pid();
  }

  private Optional<ProcessHandle> postmaster() {
    Path file = data().resolve("postmaster.pid");
    try {
      return Files.exists(file) ? ProcessHandle.of(Long.parseLong(Files.readAllLines(file).getFirst().strip())) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Ends the server in order: sessions are cut off, changes under way are rolled back.
  public synchronized void stop() {
    if (running.isEmpty()) {
      return;
    }
    Optional<ProcessHandle> process = postmaster();
    try {
      running.get().close();
    } catch (IOException e) {
      throw new UncheckedIOException("postgres in " + dir + " could not be stopped", e);
    }
    running = Optional.empty();
    process.ifPresent(this::awaitEnd);
  }

  private void awaitEnd(ProcessHandle process) {
    try {
      process.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new IllegalStateException("postgres on port " + port + " did not stop within " + STOP_SECONDS + " s and was killed", e);
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
    ServerMain.serve("postgres", arguments, (dir, port, password) -> {
      PostgresServer server = start(dir, port, password);
      return server.host() + ":" + server.port() + "/" + server.database() + " user " + server.username();
    });
  }
}
