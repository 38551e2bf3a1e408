package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Answers of megabytes: compressed and not, over both versions of HTTP, to clients that stop reading.
class LongAnswersTest {
  private static final int SERIES = 300;
  private static EngineProcess engine;
  private static String path;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    engine = EngineProcess.start(folder);
    long now = System.currentTimeMillis() / 1000;
    var text = new StringBuilder();
    for (int s = 0; s < SERIES; s++) {
      text.append("long{s=\"").append(s).append("\"} ").append(s / 7.0).append(' ').append(now * 1000).append('\n');
    }
    byte[] pushed = text.toString().getBytes(StandardCharsets.UTF_8);
    assertEquals(204, engine.post("/api/v1/import/prometheus", "text/plain", pushed).statusCode());
    path = "/api/v1/query_range?query=long*2&start=" + now + "&end=" + (now + 299) + "&step=0.2";
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  private static HttpResponse<byte[]> get(String path, String accepted, HttpClient.Version version) {
    var request = HttpRequest.newBuilder(URI.create(engine.url() + path)).header("Accept-Encoding", accepted).version(version).build();
    try (var client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String encoding(HttpResponse<?> answer) {
    return answer.headers().firstValue("Content-Encoding").orElse("");
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void areTheSameInEveryEncoding(HttpClient.Version version) throws IOException {
    byte[] plain = get(path, "identity", version).body();
    assertTrue(plain.length > 5_000_000, () -> plain.length + " bytes");
    assertEquals(SERIES, new String(plain, StandardCharsets.UTF_8).split("\"metric\"", -1).length - 1);
    var gzip = get(path, "gzip, deflate", version);
    assertEquals("gzip", encoding(gzip));
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip.body()))) {
      assertArrayEquals(plain, in.readAllBytes());
    }
    var zstd = get(path, "gzip, zstd", version);
    assertEquals("zstd", encoding(zstd));
    try (InputStream in = new ZstdInputStream(new ByteArrayInputStream(zstd.body()))) {
      assertArrayEquals(plain, in.readAllBytes());
    }
    assertTrue(zstd.body().length < plain.length / 5, () -> zstd.body().length + " of " + plain.length);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      /metrics                | gzip             | gzip
      /metrics                | zstd;q=0.5, gzip | gzip
      /metrics                | gzip;q=0, *;q=0  |
      /metrics                | br               |
      /metrics                | *                | gzip
      /api/v1/openapi.yaml    | zstd             | zstd
      /api/v1/query?query=1   | gzip             |
      /                       | gzip             |
      """)
  void areCompressedWhereAcceptedAndLong(String path, String accepted, String expected) {
    assertEquals(expected == null ? "" : expected, encoding(get(path, accepted, HttpClient.Version.HTTP_1_1)));
  }

  @Test
  void compressTheScriptsOfThePage() throws IOException {
    String page = new String(get("/", "identity", HttpClient.Version.HTTP_1_1).body(), StandardCharsets.UTF_8);
    var script = Pattern.compile("src=\"([^\"]+index[^\"]+\\.js)\"").matcher(page);
    assertTrue(script.find(), page);
    var answer = get(script.group(1), "gzip", HttpClient.Version.HTTP_1_1);
    assertEquals("gzip", encoding(answer));
    assertEquals("public, immutable, max-age=3600", answer.headers().firstValue("Cache-Control").orElse(""));
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(answer.body()))) {
      assertArrayEquals(get(script.group(1), "identity", HttpClient.Version.HTTP_1_1).body(), in.readAllBytes());
    }
  }

  private static double metric(String name) {
    return Arrays.stream(engine.get("/metrics").body().split("\n")).filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1))).findFirst().orElse(-1);
  }

  /// What the engine holds of an answer does not depend on the client: one that reads nothing leaves a stream open and no more.
  @Test
  void waitForTheirClientsAndEndWithThem() throws IOException {
    URI url = URI.create(engine.url());
    double cut = metric("tidemark_http_answers_cut_total");
    double made = metric("tidemark_http_answer_bytes_total");
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(4 * 1024);
      socket.connect(new InetSocketAddress(url.getHost(), url.getPort()));
      socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      assertTrue(socket.getInputStream().read() >= 0);
      assertEquals(1, metric("tidemark_http_streamed_answers"));
    }
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (metric("tidemark_http_streamed_answers") > 0) {
      assertTrue(System.nanoTime() < deadline, "the answer to a client that went is still open");
    }
    assertEquals(cut + 1, metric("tidemark_http_answers_cut_total"));
    assertTrue(metric("tidemark_http_answer_bytes_total") - made < 5_000_000, "the whole answer was made for a client that read nothing");
  }
}
