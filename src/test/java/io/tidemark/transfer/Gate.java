package io.tidemark.transfer;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// Stands before a server and lets a number of pushes through; those after it hang until the gate is closed, or are refused. What is not
/// pushed finds nothing.
final class Gate implements AutoCloseable {
  private static final List<String> PASSED_ON = List.of("content-type", "content-encoding", "x-tidemark-backfill");
  private final HttpServer front;
  private final String behind;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch full = new CountDownLatch(1);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final boolean refuses;
  private volatile int allowed;

  /// A gate at which the others hang.
  static Gate hanging(String behind, int allowed) throws IOException {
    return new Gate(behind, allowed, false);
  }

  /// A gate at which the others are refused for good.
  static Gate refusing(String behind, int allowed) throws IOException {
    return new Gate(behind, allowed, true);
  }

  private Gate(String behind, int allowed, boolean refuses) throws IOException {
    this.behind = behind;
    this.refuses = refuses;
    this.allowed = allowed;
    front = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    front.setExecutor(threads);
    front.createContext("/", this::pass);
    front.start();
  }

  String url() {
    return "http://127.0.0.1:" + front.getAddress().getPort();
  }

  /// Waits until one does not pass.
  void awaitFull() throws InterruptedException {
    full.await();
  }

  void open() {
    allowed = Integer.MAX_VALUE;
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("POST")) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      if (requests.incrementAndGet() > allowed) {
        full.countDown();
        if (refuses) {
          exchange.sendResponseHeaders(404, -1);
        } else {
          closing.await();
        }
        return;
      }
      var request = HttpRequest.newBuilder(URI.create(behind + exchange.getRequestURI()))
          .POST(HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
      exchange.getRequestHeaders().forEach((name, values) -> {
        if (PASSED_ON.contains(name.toLowerCase(Locale.ROOT))) {
          values.forEach(value -> request.header(name, value));
        }
      });
      HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
      exchange.getResponseBody().write(answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    front.stop(0);
    threads.close();
    client.close();
  }
}
