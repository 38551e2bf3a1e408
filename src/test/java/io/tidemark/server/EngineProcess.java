package io.tidemark.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The engine as a process of its own, as a user would run it, on a free port of loopback.
public final class EngineProcess implements AutoCloseable {
  private static final String READY = "Tidemark is ready at ";
  private final Process process;
  private final String url;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Thread drain;

  private EngineProcess(Process process, String url, Thread drain) {
    this.process = process;
    this.url = url;
    this.drain = drain;
  }

  /// Starts `serve` and waits until it says that it is ready.
  ///
  /// @param arguments further arguments of the command
  public static EngineProcess start(Path dataDir, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-Xmx512m",
        "-XX:+ExitOnOutOfMemoryError",
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), "io.tidemark.cli.Main", "serve",
        "--data-dir", dataDir.toString(), "--listen", "127.0.0.1:0", "--set", "diagnostics.console=false",
        "--set", "query.warm_up=0"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    var seen = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(READY)) {
        var drain = new Thread(() -> drain(output), "engine output");
        drain.setDaemon(true);
        drain.start();
        return new EngineProcess(process, line.substring(READY.length()).trim(), drain);
      }
      seen.append(line).append('\n');
    }
    throw new IOException("the engine ended before it was ready:\n" + seen);
  }

  private static void drain(BufferedReader output) {
    try {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        System.err.println("engine: " + line);
      }
    } catch (IOException e) {
      System.err.println("engine output ended: " + e.getMessage());
    }
  }

  public String url() {
    return url;
  }

  public HttpResponse<String> get(String pathAndQuery) {
    return send(HttpRequest.newBuilder(URI.create(url + pathAndQuery)).GET().build());
  }

  public HttpResponse<String> post(String path, String contentType, byte[] body, String... headers) {
    var request = HttpRequest.newBuilder(URI.create(url + path)).header("Content-Type", contentType)
        .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request.build());
  }

  /// @throws UncheckedIOException when the engine does not answer
  private HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// `kill -9`, from any thread; returns when the process is gone.
  public void kill() {
    process.destroyForcibly();
    waitForEnd();
  }

  /// SIGTERM; returns the exit code.
  public int stop() {
    process.destroy();
    return waitForEnd();
  }

  private int waitForEnd() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the engine did not end within 60 s");
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
    client.close();
  }
}
