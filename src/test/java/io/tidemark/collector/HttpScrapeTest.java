package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.collector.scrape.Credentials;
import io.tidemark.collector.scrape.Fetcher;
import io.tidemark.collector.scrape.HttpFetcher;
import io.tidemark.collector.statsd.StatsdConfig;
import io.tidemark.config.Secret;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Fetching over real HTTP. Numbers in the Javadoc are rows of the project's list of bad inputs.
class HttpScrapeTest {
  private final Vertx vertx = Vertx.vertx();
  private final EventLoop loop = new EventLoop(vertx);
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private Fetcher fetcher = request -> {
    throw new AssertionError("not started");
  };
  private int port;
  private int otherPort;

  @BeforeEach
  void start() {
    port = loop.await(() -> vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1")).actualPort();
    otherPort = loop.await(() -> vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1")).actualPort();
    fetcher = new HttpFetcher(vertx.createHttpClient(new HttpClientOptions()), loop, "Tidemark/test");
  }

  @AfterEach
  void stop() {
    loop.await(vertx::close);
  }

  private void answer(HttpServerRequest request) {
    seen.add(request.localAddress().port() + request.path() + " " + request.getHeader("Authorization"));
    var response = request.response();
    switch (request.path()) {
      case "/metrics" -> response.putHeader("Content-Type", "text/plain; version=0.0.4").end("x 1\n" + request.query() + " "
          + request.getHeader("X-Prometheus-Scrape-Timeout-Seconds") + " " + request.getHeader("User-Agent") + "\n");
      case "/gzip" -> response.putHeader("Content-Encoding", "gzip").end(Buffer.buffer(gzip("x 1\n".getBytes(StandardCharsets.UTF_8))));
      case "/bomb" -> response.putHeader("Content-Encoding", "gzip").end(Buffer.buffer(gzip(new byte[5 << 20])));
      case "/damaged" -> response.putHeader("Content-Encoding", "gzip").end("no gzip");
      case "/junk" -> response.putHeader("Content-Encoding", "gzip")
          .end(Buffer.buffer(gzip("x 1\n".getBytes(StandardCharsets.UTF_8))).appendString("end"));
      case "/endless" -> {
        response.setChunked(true);
        drip(request, Buffer.buffer(new byte[100_000]));
      }
      case "/drip" -> {
        response.setChunked(true);
        drip(request, Buffer.buffer("x"));
      }
      case "/silent" -> seen.add("silent");
      case "/same" -> response.setStatusCode(302).putHeader("Location", "/metrics").end();
      case "/other" -> response.setStatusCode(307).putHeader("Location", "http://127.0.0.1:" + otherPort + "/metrics").end();
      case "/cloud" -> response.setStatusCode(302).putHeader("Location", "http://169.254.169.254/latest/meta-data").end();
      case "/file" -> response.setStatusCode(302).putHeader("Location", "file:///etc/passwd").end();
      case "/circle" -> response.setStatusCode(302).putHeader("Location", "/circle").end();
      default -> response.setStatusCode(500).end("no");
    }
  }

  private void drip(HttpServerRequest request, Buffer piece) {
    if (!request.response().closed()) {
      request.response().write(piece).onSuccess(_ -> vertx.setTimer(5, _ -> drip(request, piece)));
    }
  }

  private static byte[] gzip(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private Fetcher.Request request(String path, long timeoutMillis, boolean follow) {
    return new Fetcher.Request(URI.create("http://127.0.0.1:" + port + path), new Credentials.Basic("u", new Secret("p")), timeoutMillis,
        1 << 20, follow, false);
  }

  private String body(String path) {
    return new String(loop.await(() -> fetcher.fetch(request(path, 10_000, true))).body(), StandardCharsets.UTF_8);
  }

  private String failure(String path, long timeoutMillis) {
    return assertThrows(TidemarkException.class, () -> loop.await(() -> fetcher.fetch(request(path, timeoutMillis, true)))).getMessage();
  }

  @Test
  void sendsParametersCredentialsAndTimeout() {
    assertEquals("x 1\na=b 10.0 Tidemark/test\n", body("/metrics?a=b"));
    assertEquals(List.of(port + "/metrics Basic dTpw"), seen);
  }

  @Test
  void inflatesGzipWithinTheLimit() {
    assertEquals("x 1\n", body("/gzip"));
    assertEquals("body size limit exceeded: more than 1048576 bytes", failure("/bomb", 10_000));
    assertEquals("gzip: the body of 7 bytes is damaged or cut short at byte 0: expected 10 more bytes", failure("/damaged", 10_000));
    assertEquals("gzip: the body of 27 bytes is damaged or cut short at byte 24: expected 10 more bytes", failure("/junk", 10_000));
  }

  /// C 16.
  @Test
  void credentialsStayWithTheirHost() {
    assertTrue(body("/same").startsWith("x 1\n"));
    assertTrue(body("/other").startsWith("x 1\n"));
    assertEquals(List.of(port + "/same Basic dTpw", port + "/metrics Basic dTpw", port + "/other Basic dTpw", otherPort + "/metrics null"),
        seen);
  }

  /// C 16.
  @Test
  void redirectsToMetadataFilesAndCirclesAreRefused() {
    assertEquals("redirected to the link-local address 169.254.169.254, which is refused", failure("/cloud", 10_000));
    assertEquals("redirected to \"file:///etc/passwd\", which is no HTTP URL", failure("/file", 10_000));
    assertEquals("stopped after 10 redirects", failure("/circle", 10_000));
    assertEquals("server returned HTTP status 302 Found", assertThrows(TidemarkException.class,
        () -> loop.await(() -> fetcher.fetch(request("/same", 10_000, false)))).getMessage());
  }

  /// C 18.
  @Test
  void bodiesThatNeverEndAreCutBySizeOrTime() {
    assertEquals("body size limit exceeded: more than 1048576 bytes", failure("/endless", 10_000));
    assertTrue(failure("/drip", 200).endsWith("/drip within the timeout of 200 ms"));
    assertTrue(failure("/silent", 200).endsWith("/silent within the timeout of 200 ms"));
  }

  @Test
  void failuresSayWhy() {
    assertEquals("server returned HTTP status 500 Internal Server Error", failure("/none", 10_000));
    var closed = new Fetcher.Request(URI.create("http://127.0.0.1:1/metrics"), Credentials.NONE, 5000, 1000, true, false);
    String message = assertThrows(TidemarkException.class, () -> loop.await(() -> fetcher.fetch(closed))).getMessage();
    assertTrue(message.contains("Connection refused"), message);
  }

  @Test
  void statsdListensOnUdp() {
    var fixture = new CollectorFixture();
    var config = new CollectorConfig(IngestLimits.DEFAULT, CardinalityConfig.of(1L << 30),
        new StatsdConfig("127.0.0.1:0", 10_000, false, 10, 10, 60_000), List.of());
    var statsd = new Statsd(config, fixture.ingest, loop, fixture.time, fixture.time.entropy(), fixture.metrics);
    int udp = loop.await(() -> statsd.open(vertx));
    var sender = vertx.createDatagramSocket();
    loop.await(() -> sender.send("hits:1|c", udp, "127.0.0.1"));
    loop.await(() -> {
      var received = Promise.<Boolean>promise();
      vertx.setPeriodic(5, id -> {
        if (fixture.metrics.print().contains("tidemark_statsd_packets_total 1\n")) {
          vertx.cancelTimer(id);
          received.complete(true);
        }
      });
      return received.future();
    });
    assertTrue(fixture.metrics.print().contains("tidemark_statsd_meters 1\n"));
    assertEquals(Map.of(), fixture.values());
  }
}
