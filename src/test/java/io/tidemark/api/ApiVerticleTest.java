package io.tidemark.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Entropy;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ApiVerticleTest {
  private static final int LOOPS = 4;
  private static final long WAIT_SECONDS = 30;

  private static String ask(int port) throws IOException {
    var connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/thread").toURL().openConnection();
    connection.setRequestProperty("Connection", "close");
    try (var body = connection.getInputStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /// Ingest routes with a client of their own, as scrapes have it.
  private static Consumer<Router> withClient(Vertx vertx) {
    vertx.createHttpClient();
    return _ -> { };
  }

  @Test
  void connectionsAreSpreadOverAllEventLoops() throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
    try {
      Consumer<Router> thread = router -> router.get("/thread").handler(context -> context.end(Thread.currentThread().getName()));
      var faces = new ArrayList<ApiVerticle>();
      for (int i = 0; i < LOOPS; i++) {
        faces.add(new ApiVerticle(new ListenConfig("localhost", 0), _ -> withClient(vertx), List.of(thread), new Metrics(),
            Entropy.system()));
      }
      ApiVerticle.deploy(vertx, faces).await(WAIT_SECONDS, TimeUnit.SECONDS);
      var connections = new TreeMap<String, Integer>();
      for (int i = 0; i < 3 * LOOPS; i++) {
        connections.merge(ask(faces.getFirst().port()), 1, Integer::sum);
      }
      assertEquals(List.of(3, 3, 3, 3), List.copyOf(connections.values()), connections.toString());
    } finally {
      vertx.close().await(WAIT_SECONDS, TimeUnit.SECONDS);
    }
  }

  @Test
  void aConnectionOutlastsTheLongestQuery() {
    assertEquals(120, ApiVerticle.idleSeconds(0));
    assertEquals(120, ApiVerticle.idleSeconds(90_000));
    assertEquals(121, ApiVerticle.idleSeconds(90_001));
    assertEquals(150, ApiVerticle.idleSeconds(120_000));
    assertEquals(Integer.MAX_VALUE, ApiVerticle.idleSeconds(Long.MAX_VALUE));
  }

  /// The answer to a request, sent as it is.
  private static String raw(int port, String request) throws IOException {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void parametersThatCannotBeDecodedAreTheClientsError() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      Consumer<Router> echo = router -> router.route("/echo").handler(context -> context.end("q=" + context.request().params().get("q")));
      var face = new ApiVerticle(new ListenConfig("localhost", 0), _ -> _ -> { }, List.of(echo), new Metrics(), Entropy.system());
      ApiVerticle.deploy(vertx, List.of(face)).await(WAIT_SECONDS, TimeUnit.SECONDS);
      for (String text : List.of("%zz", "%", "%G", "a%2")) {
        String get = raw(face.port(), "GET /echo?q=" + text + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertTrue(get.startsWith("HTTP/1.1 400 "), get);
        assertTrue(get.contains("\"errorType\":\"bad_data\",\"error\":\"error parsing form values: "), get);
        String body = "q=" + text;
        String post = raw(face.port(), "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + body.length()
            + "\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + body);
        assertTrue(post.startsWith("HTTP/1.1 400 "), post);
      }
      String good = raw(face.port(), "GET /echo?q=%25 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assertTrue(good.endsWith("q=%"), good);
    } finally {
      vertx.close().await(WAIT_SECONDS, TimeUnit.SECONDS);
    }
  }
}
