package io.tidemark.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/// Whoever is paged: a webhook on a free port of loopback that notes every notification. Outlives the engines that page it.
final class PageDesk implements AutoCloseable {
  /// One alert of one notification.
  ///
  /// @param status `firing` or `resolved`
  record Page(long atMillis, String alert, String instance, String status, String idempotencyKey) {}

  private final HttpServer server;
  private final List<Page> pages = new CopyOnWriteArrayList<>();

  PageDesk() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::take);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      var json = new JsonObject(Buffer.buffer(exchange.getRequestBody().readAllBytes()));
      String key = String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
      long now = System.currentTimeMillis();
      for (Object item : json.getJsonArray("alerts")) {
        JsonObject alert = (JsonObject) item;
        JsonObject labels = alert.getJsonObject("labels");
        pages.add(new Page(now, labels.getString("alertname"), labels.getString("instance", ""), alert.getString("status"), key));
      }
      exchange.sendResponseHeaders(200, -1);
    }
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /// Everything that was received, in order.
  List<Page> pages() {
    return List.copyOf(pages);
  }

  /// The pages of one alert with this status.
  List<Page> pages(String alert, String instance, String status) {
    return pages.stream().filter(p -> p.alert.equals(alert) && p.instance.equals(instance) && p.status.equals(status)).toList();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
