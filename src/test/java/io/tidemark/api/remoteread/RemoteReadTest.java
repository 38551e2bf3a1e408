package io.tidemark.api.remoteread;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.ProtoFields;
import io.tidemark.codec.Checksum;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.server.EngineProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xerial.snappy.Snappy;

/// Remote read asked of a real engine, its answers taken apart by readers of this test.
class RemoteReadTest {
  private static final int MINUTES = 300;
  private static EngineProcess engine;
  private static long first;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    engine = EngineProcess.start(folder, "--set", "api.remote_read.samples_max=8KiB");
    first = System.currentTimeMillis() / 60_000 * 60_000 - MINUTES * 10_000L;
    var text = new StringBuilder();
    for (int i = 0; i < MINUTES; i++) {
      text.append("rr_total{job=\"a\"} ").append(i * 3).append(' ').append(first + i * 10_000L).append('\n');
      text.append("rr_total{job=\"b\",text=\"ü\"} ").append(i / 7.0).append(' ').append(first + i * 10_000L).append('\n');
    }
    text.append("rr_other NaN ").append(first).append('\n');
    for (int s = 0; s < 400; s++) {
      text.append("rr_wide{s=\"").append(s).append("\"} ").append(s).append(' ').append(first).append('\n');
    }
    byte[] pushed = text.toString().getBytes(StandardCharsets.UTF_8);
    assertEquals(204, engine.post("/api/v1/import/prometheus", "text/plain", pushed).statusCode());
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  private static byte[] matcher(int type, String name, String value) {
    var out = new ByteWriter(64);
    ProtoFields.number(out, 1, type);
    text(out, 2, name);
    text(out, 3, value);
    return out.toByteArray();
  }

  private static void text(ByteWriter out, int field, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    ProtoFields.bytes(out, field, utf8, utf8.length);
  }

  private static byte[] query(long start, long end, byte[]... matchers) {
    var out = new ByteWriter(64);
    ProtoFields.number(out, 1, start);
    ProtoFields.number(out, 2, end);
    for (byte[] matcher : matchers) {
      ProtoFields.bytes(out, 3, matcher, matcher.length);
    }
    // Hints, which are passed over.
    ProtoFields.bytes(out, 4, new byte[] {8, 15}, 2);
    return out.toByteArray();
  }

  private static HttpResponse<byte[]> read(List<byte[]> queries, int... types) {
    var out = new ByteWriter(64);
    queries.forEach(query -> ProtoFields.bytes(out, 1, query, query.length));
    var packed = new ByteWriter(16);
    for (int type : types) {
      packed.writeVarint(type);
    }
    if (types.length > 0) {
      ProtoFields.message(out, 2, packed);
    }
    try {
      return post(Snappy.compress(out.toByteArray()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static HttpResponse<byte[]> post(byte[] body) {
    var request = HttpRequest.newBuilder(URI.create(engine.url() + "/api/v1/read")).header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy").header("Accept-Encoding", "snappy")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
    try (var client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String labels(ProtoMessage series) {
    return series.messages(1).stream().map(l -> l.text(1) + "=" + l.text(2)).collect(Collectors.joining(","));
  }

  /// The frames of a streamed answer, their checksums verified.
  private static List<ProtoMessage> frames(byte[] body) {
    var frames = new ArrayList<ProtoMessage>();
    ByteBuffer in = ByteBuffer.wrap(body);
    while (in.hasRemaining()) {
      var message = new byte[(int) ProtoMessage.varint(in)];
      int checksum = in.getInt();
      in.get(message);
      assertEquals(Checksum.crc32c(message, 0, message.length), checksum);
      frames.add(new ProtoMessage(message));
    }
    return frames;
  }

  @Test
  void streamsEverySampleInChunksOfSeriesInOrder() {
    var answer = read(List.of(query(first + 10_000, first + 250 * 10_000L, matcher(0, "__name__", "rr_total")),
        query(first, first, matcher(2, "__name__", "rr_oth.*"), matcher(1, "job", "x"), matcher(3, "job", "y|z"))),
        ReadRequest.STREAMED_XOR_CHUNKS, ReadRequest.SAMPLES);
    assertEquals(200, answer.statusCode(), () -> new String(answer.body(), StandardCharsets.UTF_8));
    assertEquals("application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse",
        answer.headers().firstValue("Content-Type").orElse(""));
    List<ProtoMessage> frames = frames(answer.body());
    assertEquals(List.of("0 __name__=rr_total,job=a", "0 __name__=rr_total,job=b,text=ü", "1 __name__=rr_other"),
        frames.stream().map(f -> f.number(2) + " " + labels(f.messages(1).getFirst())).toList());
    List<ProtoMessage> chunks = frames.get(1).messages(1).getFirst().messages(2);
    assertEquals(List.of(1L, 1L, 1L), chunks.stream().map(c -> c.number(3)).toList());
    var samples = new ArrayList<XorChunkReader.Sample>();
    for (ProtoMessage chunk : chunks) {
      List<XorChunkReader.Sample> read = XorChunkReader.read(chunk.bytes(4));
      assertEquals(chunk.number(1), read.getFirst().timestampMillis());
      assertEquals(chunk.number(2), read.getLast().timestampMillis());
      samples.addAll(read);
    }
    var expected = new ArrayList<XorChunkReader.Sample>();
    for (int i = 1; i <= 250; i++) {
      expected.add(new XorChunkReader.Sample(first + i * 10_000L, Double.doubleToRawLongBits(i / 7.0)));
    }
    assertEquals(expected, samples);
  }

  @Test
  void answersWithSamplesToOlderClients() throws IOException {
    var answer = read(List.of(query(first, first + 20_000, matcher(0, "job", "a")), query(0, 1, matcher(0, "job", "a")),
        query(first, first, matcher(0, "__name__", "rr_other"))));
    assertEquals("200 application/x-protobuf snappy", answer.statusCode() + " " + answer.headers().firstValue("Content-Type").orElse("")
        + " " + answer.headers().firstValue("Content-Encoding").orElse(""));
    List<ProtoMessage> results = new ProtoMessage(Snappy.uncompress(answer.body())).messages(1);
    assertEquals(List.of(1, 0, 1), results.stream().map(r -> r.messages(1).size()).toList());
    ProtoMessage series = results.getFirst().messages(1).getFirst();
    assertEquals("__name__=rr_total,job=a", labels(series));
    assertEquals(List.of(first + " 0.0", first + 10_000 + " 3.0", first + 20_000 + " 6.0"),
        series.messages(2).stream().map(s -> s.number(2) + " " + s.real(1)).toList());
  }

  /// A number, two histograms of which the second fell, a number.
  private static void writeMixed() throws IOException {
    var series = new ByteWriter(256);
    var proto = new Messages();
    proto.labels(series, LabelSet.of("__name__", "rr_native"));
    proto.sample(series, first, 1.5);
    proto.sample(series, first + 3_000, 2.5);
    proto.histogram(series, first + 1_000, histogram(6));
    proto.histogram(series, first + 2_000, histogram(4));
    var request = new ByteWriter(256);
    ProtoFields.message(request, 1, series);
    var answer = engine.post("/api/v1/write", "application/x-protobuf", Snappy.compress(request.toByteArray()),
        "Content-Encoding", "snappy");
    assertEquals(204, answer.statusCode(), answer.body());
  }

  private static Histogram histogram(int count) {
    return new Histogram(1, count + 2, 0.5, 0.25, 2, new Histogram.Buckets(new int[] {-3, 4, 5}, new double[] {count - 3, 1, 2}),
        Histogram.Buckets.NONE, new double[0], Histogram.Reset.UNKNOWN);
  }

  @Test
  void givesNumbersAndNativeHistogramsOfASeriesInBothForms() throws IOException {
    writeMixed();
    List<byte[]> queries = List.of(query(first, first + 3_000, matcher(0, "__name__", "rr_native")));
    List<ProtoMessage> chunks = frames(read(queries, 1).body()).getFirst().messages(1).getFirst().messages(2);
    assertEquals(List.of("1 0", "3 1000", "3 2000", "1 3000"),
        chunks.stream().map(c -> c.number(3) + " " + (c.number(1) - first)).toList());
    assertEquals(List.of(histogram(6)), HistogramChunkReader.read(chunks.get(1).bytes(4)).histograms());
    assertEquals(List.of(histogram(4)), HistogramChunkReader.read(chunks.get(2).bytes(4)).histograms());
    ProtoMessage series = new ProtoMessage(Snappy.uncompress(read(queries).body())).messages(1).getFirst().messages(1).getFirst();
    assertEquals(List.of(1.5, 2.5), series.messages(2).stream().map(s -> s.real(1)).toList());
    ProtoMessage sent = series.messages(4).getFirst();
    assertEquals(List.of("-3 1", "6 2"), sent.messages(11).stream()
        .map(s -> ProtoMessage.zigzag(s.number(1)) + " " + s.number(2)).toList());
    assertArrayEquals(new double[] {3, 1, 2}, sent.reals(13));
    assertEquals("8.0 0.5 1 0.25 2.0 1000", sent.real(2) + " " + sent.real(3) + " " + ProtoMessage.zigzag(sent.number(4)) + " "
        + sent.real(5) + " " + sent.real(7) + " " + (sent.number(15) - first));
  }

  @Test
  void splitsNoSmallSeriesAndLosesNoneOfMany() {
    List<ProtoMessage> frames = frames(read(List.of(query(first, first, matcher(0, "__name__", "rr_wide"))), 1).body());
    assertEquals(400, frames.stream().map(f -> labels(f.messages(1).getFirst())).distinct().count());
    assertEquals(400, frames.size());
  }

  private static void assertRefused(int status, String text, HttpResponse<byte[]> answer) {
    assertEquals(status + " " + text + "\n", answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
    assertTrue(answer.headers().firstValue("Content-Type").orElse("").startsWith("text/plain"));
  }

  @Test
  void saysWhatIsWrongWithARequest() {
    assertRefused(400, "remote read request of 3 bytes: expected one snappy block (not the framed format), found something else",
        post(new byte[] {1, 2, 3}));
    assertRefused(400, "remote read request: without a query", read(List.of()));
    assertRefused(400, "remote read request: query without a matcher; name at least one", read(List.of(query(0, 1))));
    assertRefused(400, "remote read request: query ends at 1, before its start at 2", read(List.of(query(2, 1, matcher(0, "a", "b")))));
    assertRefused(400, "remote read request: matcher of type 4 on label \"a\"; expected 0 to 3",
        read(List.of(query(1, 2, matcher(4, "a", "b")))));
    assertRefused(400, "remote read request: accepts only response types [7]; this server has 0 (SAMPLES) and 1 (STREAMED_XOR_CHUNKS)",
        read(List.of(query(1, 2, matcher(0, "a", "b"))), 7));
    assertRefused(413, "remote read: the answer as SAMPLES is larger than 8192 bytes (api.remote_read.samples_max);"
        + " accept STREAMED_XOR_CHUNKS, or ask for fewer series or less time",
        read(List.of(query(first, first + 1, matcher(2, "__name__", "rr.*")), query(first, first + 1_000_000_000,
            matcher(2, "job", "a|b")))));
  }

  @Test
  void refusesABombBeforeItIsInflated() {
    assertRefused(413, "remote read request of 1073741824 bytes; at most 4194304 are allowed, send fewer queries in one request",
        post(new byte[] {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 4, 0, 0}));
  }
}
