package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Remote write 2.0.
class RemoteWrite2Test {
  private final CollectorFixture fixture = new CollectorFixture();
  private final long now = fixture.time.millis();
  private final List<String> symbols = new ArrayList<>(List.of(""));

  private long ref(String text) {
    if (!symbols.contains(text)) {
      symbols.add(text);
    }
    return symbols.indexOf(text);
  }

  private WriteRequests series(String... labels) {
    return new WriteRequests().field(1, new WriteRequests().packed(Arrays.stream(labels).mapToLong(this::ref).toArray()).bytes());
  }

  private static WriteRequests sample(long timestampMillis, double value) {
    return new WriteRequests().fixed(1, value).number(2, timestampMillis);
  }

  private byte[] request(WriteRequests... series) {
    var request = new WriteRequests();
    symbols.forEach(symbol -> request.text(4, symbol));
    for (WriteRequests one : series) {
      request.field(5, one.bytes());
    }
    return request.bytes();
  }

  private IngestResult.Stored stored(WriteRequests... series) {
    return assertInstanceOf(IngestResult.Stored.class, fixture.remoteWrite2(WriteRequests.compress(request(series))));
  }

  @Test
  void storesValuesHistogramsExemplarsMetadataAndStartTimes() {
    var metadata = new WriteRequests().number(1, 1).number(3, ref("How many.")).number(4, ref("requests"));
    var exemplar = new WriteRequests().field(1, new WriteRequests().packed(ref("trace_id"), ref("4bf9")).bytes()).fixed(2, 0.7)
        .number(3, now);
    var histogram = new WriteRequests().number(1, 3).fixed(3, 2.5).zigzag(4, 1)
        .field(11, new WriteRequests().zigzag(1, 2).number(2, 1).bytes()).field(12, new WriteRequests().packedZigzag(3).bytes())
        .number(15, now);
    var result = stored(
        series("__name__", "requests_total", "job", "a").field(2, sample(now, 1).bytes()).field(2, sample(now + 1, 2).bytes())
            .field(4, exemplar.bytes()).field(5, metadata.bytes()).number(6, now - 1000),
        series("__name__", "requests_total", "job", "b").field(2, sample(now, 3).number(3, now - 2000).bytes()),
        series("__name__", "latency", "job", "a").field(3, histogram.number(17, now - 3000).bytes()));
    assertEquals(List.of(4L, 1L, 1L), List.of(result.samples(), result.histograms(), result.exemplars()), () -> result.toString());
    assertEquals(List.of(), result.rejections());
    assertEquals(2.0, fixture.values().get("requests_total{job=\"a\"}"));
    assertEquals(3.0, fixture.values().get("requests_total{job=\"b\"}"));
    assertEquals(List.of(new Exemplar(LabelSet.of("trace_id", "4bf9"), 0.7, now)), fixture.exemplars());
    assertEquals(3, fixture.histograms().getFirst().count());
    assertEquals("[requests_total counter How many. requests]",
        fixture.metadata().stream().map(m -> m.metric() + " " + m.type() + " " + m.help() + " " + m.unit()).toList().toString());
    assertEquals(List.of(now - 3000, now - 2000, now - 1000, now - 1000), fixture.starts().stream().sorted().toList());
  }

  @Test
  void findsSeriesWhateverTheirSymbolsAreNumbered() {
    stored(series("__name__", "up", "job", "a").field(2, sample(now, 1).bytes()));
    symbols.clear();
    symbols.addAll(List.of("", "a", "job", "other"));
    stored(series("__name__", "up", "job", "a").field(2, sample(now + 1, 2).bytes()),
        series("__name__", "up", "a", "job").field(2, sample(now + 1, 3).bytes()));
    assertEquals(List.of("up{a=\"job\"}", "up{job=\"a\"}"), List.copyOf(fixture.values().keySet()));
    assertEquals(2.0, fixture.values().get("up{job=\"a\"}"));
  }

  @Test
  void refusesSeriesWithRefsOutOfRangeAndKeepsTheOthers() {
    var result = stored(series("__name__", "up").field(2, sample(now, 1).bytes()),
        new WriteRequests().field(1, new WriteRequests().packed(1, 99).bytes()).field(2, sample(now, 1).bytes()),
        new WriteRequests().field(1, new WriteRequests().packed(1, -1L).bytes()).field(2, sample(now, 1).bytes()),
        new WriteRequests().number(1, 1).field(2, sample(now, 1).bytes()));
    assertEquals(1, result.samples());
    assertEquals(3, result.rejected());
    assertEquals("syntax", result.rejections().getFirst().rule());
    assertTrue(result.rejections().getFirst().example().contains("symbols 1 and 99"), result.rejections().getFirst().example());
  }

  @Test
  void survivesTruncatedAndFlippedBodies() {
    var histogram = new WriteRequests().number(1, 3).fixed(3, 2.5).zigzag(4, 1)
        .field(11, new WriteRequests().zigzag(1, 2).number(2, 1).bytes()).field(12, new WriteRequests().packedZigzag(3).bytes())
        .number(15, now);
    byte[] good = request(series("__name__", "up", "job", "a").field(2, sample(now, 1).bytes()).field(3, histogram.bytes())
        .field(4, new WriteRequests().field(1, new WriteRequests().packed(1, 2).bytes()).bytes()));
    var random = new Random(1);
    for (int i = 0; i < 3_000; i++) {
      byte[] flipped = Arrays.copyOf(good, good.length - random.nextInt(4));
      flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
      IngestResult result = fixture.remoteWrite2(WriteRequests.compress(flipped));
      if (result instanceof IngestResult.Refused refused) {
        assertEquals(ErrorCode.BAD_DATA, refused.code());
      }
    }
  }

  @Test
  void messagesOfTheOtherVersionAreRefusedByName() {
    byte[] second = WriteRequests.compress(request(series("__name__", "up").field(2, sample(now, 1).bytes())));
    byte[] first = new WriteRequests().series(WriteRequests.labels("__name__", "up").sample(now, 1)).snappy();
    byte[] metadata = new WriteRequests().field(3, new WriteRequests().number(1, 1).text(2, "up").bytes()).snappy();
    assertEquals("remote write: field 4 is of a request of 2.0, the content type says 1.0; send application/x-protobuf with "
        + "proto=io.prometheus.write.v2.Request", refusal(fixture.remoteWrite(second)));
    assertEquals("remote write: field 1 is of a request of 1.0, the content type says 2.0; send application/x-protobuf with "
        + "proto=prometheus.WriteRequest", refusal(fixture.remoteWrite2(first)));
    assertTrue(refusal(fixture.remoteWrite2(metadata)).startsWith("remote write: field 3 is of a request of 1.0"));
    assertEquals(List.of(), fixture.stored());
    // Fields that neither version knows are read over.
    assertInstanceOf(IngestResult.Stored.class, fixture.remoteWrite(new WriteRequests().text(2, "x").text(6, "x").number(4, 1).snappy()));
    assertInstanceOf(IngestResult.Stored.class, fixture.remoteWrite2(new WriteRequests().text(2, "x").text(6, "x").number(1, 1).snappy()));
  }

  private static String refusal(IngestResult result) {
    var refused = assertInstanceOf(IngestResult.Refused.class, result);
    assertEquals(ErrorCode.BAD_DATA, refused.code());
    return refused.message();
  }

  @Test
  void theContentTypeNamesTheVersion() {
    assertEquals(Optional.of(false), IngestRoutes.isSecondVersion(""));
    assertEquals(Optional.of(false), IngestRoutes.isSecondVersion("application/x-protobuf"));
    assertEquals(Optional.of(false), IngestRoutes.isSecondVersion("application/x-protobuf;proto=prometheus.WriteRequest"));
    assertEquals(Optional.of(true), IngestRoutes.isSecondVersion("application/x-protobuf; proto=io.prometheus.write.v2.Request"));
    assertEquals(Optional.empty(), IngestRoutes.isSecondVersion("application/x-protobuf;proto=io.prometheus.write.v3.Request"));
  }
}
