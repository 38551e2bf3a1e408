package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.vertx.core.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/// Batching, acknowledgement and limits across protocols.
class IngestTest {
  private final CollectorFixture fixture = new CollectorFixture();

  private static IngestLimits rates(long samplesPerSecond, Map<String, Long> services, int servicesMax) {
    var byDefault = IngestLimits.DEFAULT;
    return new IngestLimits(byDefault.requestBytesMax(), byDefault.inflatedBytesMax(), 1 << 20, samplesPerSecond, services, servicesMax,
        byDefault.samples());
  }

  private static Future<IngestResult> push(CollectorFixture fixture, String body, String service) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return fixture.start(() -> fixture.ingest.text(bytes, BodyEncoding.IDENTITY, "", service, CollectorFixture.TRACE));
  }

  private Future<IngestResult> push(String body) {
    return push(fixture, body, "test");
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  @Test
  void firstRequestIsWrittenAtOnceAndAnsweredWhenDurable() {
    Future<IngestResult> first = push("a 1\n");
    assertEquals(1, fixture.log.held.size());
    assertFalse(first.isComplete());
    fixture.settle();
    assertInstanceOf(IngestResult.Stored.class, first.result());
  }

  @Test
  void requestsDuringFlushShareTheNextBatch() {
    push("a 1\n");
    var waiting = new ArrayList<Future<IngestResult>>();
    for (int i = 0; i < 10; i++) {
      waiting.add(push("a " + i + " " + (fixture.time.millis() - i) + "\n"));
    }
    assertEquals(1, fixture.log.held.size());
    fixture.log.acceptAll();
    fixture.time.run();
    assertEquals(0, fixture.log.held.size());
    fixture.time.advance(1);
    assertEquals(1, fixture.log.held.size());
    assertTrue(waiting.stream().noneMatch(Future::isComplete));
    fixture.settle();
    assertTrue(waiting.stream().allMatch(Future::succeeded));
    assertEquals(11, fixture.stored().size());
  }

  @Test
  void requestSoonAfterAFlushWaitsForOthersAMillisecond() {
    push("a 1\n");
    fixture.log.acceptAll();
    fixture.time.run();
    push("a 2\n");
    push("a 3\n");
    assertEquals(0, fixture.log.held.size());
    fixture.time.advance(1);
    assertEquals(1, fixture.log.held.size());
    fixture.log.acceptAll();
    fixture.time.advance(1);
    push("a 4\n");
    assertEquals(1, fixture.log.held.size());
  }

  @Test
  void slowFlushDelaysTheNextBatchTenMillisAtMost() {
    push("a 1\n");
    push("b 1\n");
    fixture.time.advance(9);
    assertEquals(1, fixture.log.held.size());
    fixture.time.advance(1);
    assertEquals(2, fixture.log.held.size());
  }

  @Test
  void fullBatchesOfOneRequestAreAllAwaited() {
    var body = new StringBuilder();
    for (int i = 0; i < 120_000; i++) {
      body.append("a{i=\"").append(i % 1000).append("\"} ").append(i).append(' ').append(fixture.time.millis() - i).append('\n');
    }
    Future<IngestResult> future = push(body.toString());
    int records = fixture.log.held.size();
    assertTrue(records >= 3, () -> "records " + records);
    while (fixture.log.held.size() > 1) {
      fixture.log.accept(0);
      fixture.time.run();
      assertFalse(future.isComplete());
    }
    fixture.settle();
    fixture.time.advance(1);
    fixture.settle();
    assertEquals(120_000, assertInstanceOf(IngestResult.Stored.class, future.result()).samples());
    assertEquals(120_000, fixture.stored().size());
  }

  @Test
  void refusalOfTheLogIsTold() {
    Future<IngestResult> future = push("a 1\n");
    fixture.log.refuse(0);
    fixture.time.run();
    assertEquals(ErrorCode.DISK_FULL, assertInstanceOf(IngestResult.Refused.class, future.result()).code());
    assertTrue(fixture.metrics.print().contains("tidemark_collector_samples_not_stored_total{protocol=\"text\"} 1\n"));
  }

  @Test
  void requestWithoutSamplesNeedsNoLog() {
    assertTrue(push("# nothing\n").succeeded());
    assertEquals(0, fixture.log.held.size());
  }

  @Test
  void isBusyAboveAQuarterMegabyteASecond() {
    assertFalse(fixture.gate.isBusy());
    assertTrue(fixture.gate.enter(10_000));
    assertTrue(fixture.gate.isBusy());
    fixture.time.advance(39);
    assertTrue(fixture.gate.isBusy());
    fixture.time.advance(1);
    assertFalse(fixture.gate.isBusy());
    for (int i = 0; i < 100; i++) {
      assertTrue(fixture.gate.enter(1_000_000));
    }
    fixture.time.advance(999);
    assertTrue(fixture.gate.isBusy());
    fixture.time.advance(1);
    assertFalse(fixture.gate.isBusy());
  }

  /// R 29: at twice the rate, the rate passes; another service is not touched.
  @Test
  void rateOfServicePassesAndNoMore() {
    var limited = new CollectorFixture(rates(10_000, Map.of("big", 50_000L), 10));
    var body = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      body.append("a{i=\"").append(i).append("\"} 1\n");
    }
    long stored = 0;
    long big = 0;
    long waitMillisMax = 0;
    int steps = 60_000 / 5;
    for (int i = 0; i < steps; i++) {
      Future<IngestResult> future = push(limited, body.toString(), "loud");
      Future<IngestResult> other = push(limited, body.toString(), "big");
      limited.settle();
      limited.time.advance(1);
      limited.settle();
      switch (future.result()) {
        case IngestResult.Stored s -> stored += s.samples();
        case IngestResult.Refused refused -> {
          assertEquals(ErrorCode.RATE_LIMITED, refused.code());
          waitMillisMax = Math.max(waitMillisMax, refused.retryAfterMillis());
        }
      }
      big += other.result() instanceof IngestResult.Stored s ? s.samples() : 0;
      limited.time.advance(4);
    }
    // A minute at the rate plus the burst of one second.
    assertEquals(610_000, stored, 0.02 * 610_000);
    assertEquals(steps * 100L, big);
    assertTrue(waitMillisMax > 0 && waitMillisMax <= 20, "wait " + waitMillisMax);
  }

  @Test
  void servicesBeyondTheBoundShareOneRate() {
    var limited = new CollectorFixture(rates(2, Map.of(), 2));
    assertInstanceOf(IngestResult.Stored.class, result(limited, "one"));
    assertInstanceOf(IngestResult.Stored.class, result(limited, "two"));
    assertInstanceOf(IngestResult.Stored.class, result(limited, "three"));
    assertInstanceOf(IngestResult.Refused.class, result(limited, "four"));
    assertTrue(limited.metrics.print().contains("tidemark_collector_services 3\n"));
  }

  private static IngestResult result(CollectorFixture fixture, String service) {
    byte[] bytes = "a 1\na 1\na 1\n".getBytes(StandardCharsets.UTF_8);
    return fixture.result(() -> fixture.ingest.text(bytes, BodyEncoding.IDENTITY, "", service, CollectorFixture.TRACE));
  }

  @Test
  void bytesInFlightAreBounded() {
    assertTrue(fixture.gate.enter(IngestLimits.DEFAULT.inflightBytesMax()));
    assertFalse(fixture.gate.enter(1));
    fixture.gate.leave(IngestLimits.DEFAULT.inflightBytesMax());
    assertTrue(fixture.gate.enter(1));
  }

  /// C 1, C 2, C 3 for gzip.
  @Test
  void gzipIsInflatedWithinBounds() throws IOException {
    byte[] good = gzip("a 1\nb 2\n".getBytes(StandardCharsets.UTF_8));
    assertEquals(2, assertInstanceOf(IngestResult.Stored.class, gzipped(good)).samples());
    for (int length = 0; length < good.length; length++) {
      assertEquals(ErrorCode.BAD_DATA, assertInstanceOf(IngestResult.Refused.class, gzipped(Arrays.copyOf(good, length))).code());
    }
    byte[] bomb = gzip(new byte[(64 << 20) + 1]);
    assertEquals(ErrorCode.TOO_LARGE, assertInstanceOf(IngestResult.Refused.class, gzipped(bomb)).code());
    assertTrue(fixture.metrics.print().contains("tidemark_collector_oversized_requests_total 1\n"));
  }

  private static byte[] joined(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /// C 3: what is acknowledged was read to its last byte.
  @Test
  void gzipIsReadToItsLastByteOrRefusedWhole() throws IOException {
    byte[] first = gzip("a 1\n".getBytes(StandardCharsets.UTF_8));
    byte[] second = gzip("b 2\n".getBytes(StandardCharsets.UTF_8));
    byte[] both = joined(first, second);
    for (byte[] good : List.of(both, joined(both, new byte[1]), joined(both, new byte[700]), joined(first, gzip(new byte[0]), second))) {
      assertEquals(2, assertInstanceOf(IngestResult.Stored.class, gzipped(good)).samples());
    }
    long stored = fixture.stored().size();
    for (int length = first.length + 1; length < both.length; length++) {
      refused(Arrays.copyOf(both, length));
    }
    for (int bit = 0; bit < both.length * 8; bit++) {
      byte[] flipped = both.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      switch (gzipped(flipped)) {
        case IngestResult.Refused refused -> assertEquals(ErrorCode.BAD_DATA, refused.code());
        // A bit that says nothing about the content: time, system, the rest of the last byte of the compressed data.
        case IngestResult.Stored all -> {
          assertEquals(2, all.samples());
          stored += 2;
        }
      }
    }
    refused(joined(both, "junk".getBytes(StandardCharsets.UTF_8)));
    refused(joined(both, new byte[] {0, 0, 1}));
    refused(joined(first, new byte[3], second));
    assertEquals(stored, fixture.stored().size());
  }

  private void refused(byte[] body) {
    assertEquals(ErrorCode.BAD_DATA, assertInstanceOf(IngestResult.Refused.class, gzipped(body)).code());
  }

  /// RFC 1952: file name, comment, extra field and a checksum of the header.
  @Test
  void gzipMayHaveEveryPartOfAHeader() throws IOException {
    byte[] plain = gzip("a 1\nb 2\n".getBytes(StandardCharsets.UTF_8));
    byte[] header = {0x1f, (byte) 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7, 'n', 0, 'c', 0};
    var checksum = new CRC32();
    checksum.update(header);
    byte[] sum = {(byte) checksum.getValue(), (byte) (checksum.getValue() >> 8)};
    byte[] rest = Arrays.copyOfRange(plain, 10, plain.length);
    assertEquals(2, assertInstanceOf(IngestResult.Stored.class, gzipped(joined(header, sum, rest))).samples());
    sum[1] ^= 1;
    refused(joined(header, sum, rest));
    header[3] |= 32;
    refused(joined(header, rest));
  }

  private IngestResult gzipped(byte[] body) {
    return fixture.result(() -> fixture.ingest.text(body, BodyEncoding.GZIP, "", "test", CollectorFixture.TRACE));
  }

  /// C 5.
  @Test
  void oneHugeLineIsRefusedByItsLength() {
    var stored = assertInstanceOf(IngestResult.Stored.class, fixture.text("a 1\nx{a=\"" + "y".repeat(30 << 20) + "\"} 1\nb 1\n"));
    assertEquals(2, stored.samples());
    assertEquals(List.of("line 2, column 1: a line of 31457289 bytes, at most 1048576 are allowed"),
        stored.rejections().stream().map(IngestResult.Rejection::example).toList());
  }

  /// What is allocated for a known series is its share of the log record, whatever the protocol: no label, no text, no object.
  @Test
  void knownSeriesCostNoObjects() {
    var text = new StringBuilder();
    var message = new WriteRequests();
    for (int i = 0; i < 10_000; i++) {
      text.append("requests_total{job=\"a\",instance=\"node-").append(i).append("\",path=\"/x\"} ").append(i).append('\n');
      message.series(WriteRequests.labels("__name__", "requests_total", "instance", "node-" + i, "job", "a", "path", "/x")
          .sample(fixture.time.millis(), i));
    }
    byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
    byte[] snappy = message.snappy();
    assertTrue(fixture.bytesEach(10_000,
        () -> fixture.ingest.text(body, BodyEncoding.IDENTITY, "", "a", CollectorFixture.TRACE), IngestResult.Stored::samples) < 64);
    assertTrue(fixture.bytesEach(10_000,
        () -> fixture.ingest.remoteWrite(snappy, "b", CollectorFixture.TRACE), IngestResult.Stored::samples) < 64);
  }
}
