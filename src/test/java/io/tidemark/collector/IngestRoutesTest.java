package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.HeldLog;
import io.tidemark.log.Log;
import io.tidemark.log.LogRecord;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Pushes over real HTTP: status codes, headers, limits while the body arrives.
class IngestRoutesTest {
  private final Vertx vertx = Vertx.vertx();
  private final EventLoop loop = new EventLoop(vertx);
  private final HttpClient client = HttpClient.newHttpClient();
  private final Metrics metrics = new Metrics();
  private final PlainLog log = new PlainLog();
  private Optional<HttpServer> server = Optional.empty();
  private final long now = Clock.system().millis();

  /// Accepts everything at once, unless told how to refuse.
  private static final class PlainLog implements Log {
    private final HeldLog stored = new HeldLog(1);
    volatile Optional<ErrorCode> refusal = Optional.empty();

    @Override
    public int partitions() {
      return 1;
    }

    @Override
    public Future<Long> append(int partition, byte[] record) {
      if (refusal.isPresent()) {
        return Future.failedFuture(new TidemarkException(refusal.get(), "as the test asked for"));
      }
      Future<Long> future = stored.append(partition, record);
      stored.acceptAll();
      return future;
    }

    @Override
    public Future<List<LogRecord>> read(int partition, long from, int bytesMax) {
      return stored.read(partition, from, bytesMax);
    }

    @Override
    public long begin(int partition) {
      return 0;
    }

    @Override
    public long end(int partition) {
      return stored.end(partition);
    }

    @Override
    public void trim(int partition, long upTo) {}

    @Override
    public Future<Void> close() {
      return stored.close();
    }
  }

  @BeforeEach
  void start() {
    start(new IngestLimits(1 << 20, 4 << 20, 2 << 20, 1000, Map.of(), 10, IngestLimits.DEFAULT.samples()));
  }

  private void start(IngestLimits limits) {
    server = Optional.of(loop.await(() -> {
      var clock = Clock.system();
      var writer = new BatchWriter(log, 1, BatchLimits.DEFAULT, clock, metrics);
      var budgets = new SeriesBudgets(CardinalityConfig.of(1L << 30), clock, Entropy.system(), metrics);
      var ingest = new Ingest(limits, new Gate(limits, clock, metrics), budgets, loop, writer, clock, Entropy.system(), metrics);
      Router router = Router.router(vertx);
      IngestRoutes.mount(router, ingest);
      return vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1");
    }));
  }

  @AfterEach
  void stop() {
    client.close();
    loop.await(vertx::close);
  }

  private int port() {
    return server.orElseThrow().actualPort();
  }

  private HttpResponse<String> post(String path, byte[] body, String... headers) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path)).version(HttpClient.Version.HTTP_1_1)
        .timeout(Duration.ofSeconds(20)).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private byte[] up(int samples) {
    var series = WriteRequests.labels("__name__", "up");
    for (int i = 0; i < samples; i++) {
      series.sample(now - i, 1);
    }
    return new WriteRequests().series(series).snappy();
  }

  @Test
  void remoteWriteAnswers204WithCounts() {
    var response = post("/api/v1/write", up(3), "Content-Encoding", "snappy", "Content-Type", "application/x-protobuf");
    assertEquals(204, response.statusCode(), response.body());
    assertEquals("3", response.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written").orElseThrow());
    assertTrue(log.end(0) > 0);
  }

  @Test
  void remoteWriteKeepsGoodSamplesAndAnswers400WithReasons() {
    var request = new WriteRequests().series(WriteRequests.labels("__name__", "up").sample(now, 1))
        .series(WriteRequests.labels("job", "x").sample(now, 1));
    var response = post("/api/v1/write", request.snappy());
    assertEquals(400, response.statusCode());
    assertEquals("1 samples rejected, 1 stored\n1 name_missing: {job=\"x\"}: no metric name (label __name__)\n", response.body());
    assertEquals("1", response.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written").orElseThrow());
  }

  @Test
  void secondRemoteWriteAnswersWithEachCount() {
    var request = new WriteRequests().text(4, "").text(4, "__name__").text(4, "up").field(5, new WriteRequests()
        .field(1, new WriteRequests().packed(1, 2).bytes())
        .field(2, new WriteRequests().fixed(1, 1).number(2, now).bytes())
        .field(3, new WriteRequests().fixed(3, 1).number(15, now + 1).bytes())
        .field(3, new WriteRequests().zigzag(4, 99).number(15, now + 2).bytes())
        .field(4, new WriteRequests().number(3, now).bytes()).bytes());
    var response = post("/api/v1/write", request.snappy(), "Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request");
    assertEquals(400, response.statusCode());
    assertTrue(response.body().startsWith("1 samples rejected, 2 stored\n1 histogram: up: histogram: expected a schema"), response.body());
    for (String what : new String[] {"Samples", "Histograms", "Exemplars"}) {
      assertEquals("1", response.headers().firstValue("X-Prometheus-Remote-Write-" + what + "-Written").orElseThrow());
    }
  }

  @Test
  void remoteWriteRefusesOtherVersionsAndEncodings() {
    var third = post("/api/v1/write", new byte[10], "Content-Type", "application/x-protobuf;proto=io.prometheus.write.v3.Request");
    assertEquals(415, third.statusCode());
    assertTrue(third.body().contains("send application/x-protobuf with proto=prometheus.WriteRequest (1.0)"), third.body());
    assertEquals(415, post("/api/v1/write", new byte[10], "Content-Encoding", "zstd").statusCode());
    assertEquals(400, post("/api/v1/write", new byte[10]).statusCode());
    assertEquals(400, post("/api/v1/write", new byte[0]).statusCode());
  }

  @Test
  void textPushTakesGzipToo() throws IOException {
    assertEquals(204, post("/api/v1/import/prometheus", bytes("a 1\n")).statusCode());
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes("a 2\n"));
    }
    assertEquals(204, post("/api/v1/import/prometheus", out.toByteArray(), "Content-Encoding", "gzip").statusCode());
    assertEquals(415, post("/api/v1/import/prometheus", bytes("a 1\n"), "Content-Encoding", "br").statusCode());
    var mixed = post("/api/v1/import/prometheus", bytes("a 1\nb\n"));
    assertEquals(400, mixed.statusCode());
    assertEquals("1 samples rejected, 1 stored\n1 syntax: line 2, column 2: expected a value after the series\n", mixed.body());
  }

  @Test
  void jsonPushAnswersInJson() {
    var good = post("/v1/metrics", bytes("{\"name\":\"api.latency\",\"value\":1}"));
    assertEquals("200 {\"status\":\"success\",\"accepted\":1,\"rejected\":0}", good.statusCode() + " " + good.body());
    var bad = post("/v1/metrics", bytes("[{\"name\":\"a\",\"value\":1},{\"name\":\"b\"}]"));
    assertEquals(400, bad.statusCode());
    assertTrue(bad.body().contains("\"rule\":\"value\",\"samples\":1,\"example\":\"sample 2: no \\\"value\\\"\""), bad.body());
    assertTrue(bad.body().endsWith("\"accepted\":1,\"rejected\":1}"), bad.body());
  }

  @Test
  void tooLargeBodiesAre413AnnouncedOrNot() throws IOException {
    assertEquals(413, post("/api/v1/import/prometheus", new byte[(1 << 20) + 1]).statusCode());
    assertEquals(413, post("/api/v1/write", WriteRequests.compress(new byte[5 << 20])).statusCode());
    assertTrue(exchange("POST /api/v1/write HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 2 << 20)
        .startsWith("HTTP/1.1 413"));
    assertTrue(metrics.print().contains("tidemark_collector_inflight_bytes 0\n"));
  }

  @Test
  void bodiesInPiecesArePutTogether() throws IOException {
    String body = "alpha 1\nbeta{x=\"y\"} 2\nbroken\ngamma 3\n";
    String wanted = "3 stored\n1 syntax: line 3, column 7: expected a value after the series\n";
    for (int pieceBytes : new int[] {1, 7, body.length() - 1, body.length()}) {
      var pieces = new StringBuilder();
      for (int at = 0; at < body.length(); at += pieceBytes) {
        String piece = body.substring(at, Math.min(body.length(), at + pieceBytes));
        pieces.append(Integer.toHexString(piece.length())).append("\r\n").append(piece).append("\r\n");
      }
      String answer = exchange("POST /api/v1/import/prometheus HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces
          + "0\r\n\r\n", 0);
      assertTrue(answer.endsWith(wanted), pieceBytes + ": " + answer);
    }
    var large = new StringBuilder();
    for (int i = 0; large.length() < 900_000; i++) {
      large.append("large{i=\"").append(i).append("\"} 1\n");
    }
    assertEquals(400, post("/api/v1/import/prometheus", bytes(large + "broken\n")).statusCode());
    assertTrue(metrics.print().contains("tidemark_collector_inflight_bytes 0\n"));
  }

  /// Sends `head` and then chunks of zeros, and reads the beginning of the answer.
  private String exchange(String head, int chunkedBytes) throws IOException {
    try (var socket = new Socket("127.0.0.1", port())) {
      socket.setSoTimeout(20_000);
      var out = socket.getOutputStream();
      out.write(bytes(head));
      try {
        for (int sent = 0; sent < chunkedBytes; sent += 65_536) {
          out.write(bytes("10000\r\n"));
          out.write(new byte[65_536]);
          out.write(bytes("\r\n"));
        }
      } catch (IOException e) {
        // The server answered and closed; what it said is still to be read.
        assertTrue(chunkedBytes > 0);
      }
      var answer = new byte[2000];
      int read = socket.getInputStream().read(answer);
      return new String(answer, 0, Math.max(0, read), StandardCharsets.UTF_8);
    }
  }

  @Test
  void expectationIsAnsweredBeforeTheBodyIsSent() throws IOException {
    String head = "POST /api/v1/import/prometheus HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ";
    assertTrue(exchange(head + "4\r\n\r\n", 0).startsWith("HTTP/1.1 100 Continue"));
    assertTrue(exchange(head + "99999999\r\n\r\n", 0).startsWith("HTTP/1.1 413"));
  }

  @Test
  void rateLimitIs429WithRetryAfter() {
    var statuses = new ArrayList<Integer>();
    String retryAfter = "";
    for (int i = 0; i < 3; i++) {
      var response = post("/api/v1/write", up(2000), "X-Tidemark-Service", "loud");
      statuses.add(response.statusCode());
      retryAfter = response.headers().firstValue("Retry-After").orElse("");
    }
    assertEquals(List.of(204, 429, 429), statuses);
    assertTrue(retryAfter.matches("[123]"), retryAfter);
    assertEquals(204, post("/api/v1/write", up(1), "X-Tidemark-Service", "quiet").statusCode());
  }

  @Test
  void fullLogIs503AndFullDisk507() {
    log.refusal = Optional.of(ErrorCode.UNAVAILABLE);
    var unavailable = post("/api/v1/write", up(1));
    assertEquals("503 1", unavailable.statusCode() + " " + unavailable.headers().firstValue("Retry-After").orElse(""));
    log.refusal = Optional.of(ErrorCode.DISK_FULL);
    assertEquals(507, post("/api/v1/write", up(1)).statusCode());
    log.refusal = Optional.empty();
    assertEquals(204, post("/api/v1/write", up(1)).statusCode());
  }

  @Test
  void bodiesBeyondTheBytesInFlightAre503() throws IOException {
    try (var first = new Socket("127.0.0.1", port()); var second = new Socket("127.0.0.1", port())) {
      for (Socket socket : List.of(first, second)) {
        socket.getOutputStream().write(bytes("POST /api/v1/write HTTP/1.1\r\nHost: x\r\n"
            + "Expect: 100-continue\r\nContent-Length: 1048576\r\n\r\n"));
        assertTrue(new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8).startsWith("HTTP/1.1 100"));
      }
      assertEquals(503, post("/api/v1/write", up(1)).statusCode());
    }
  }
}
