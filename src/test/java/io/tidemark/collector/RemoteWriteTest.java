package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Buckets;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Stale;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Remote write 1.0. Numbers in the Javadoc are rows of the project's list of bad inputs.
class RemoteWriteTest {
  private final CollectorFixture fixture = new CollectorFixture();
  private final long now = fixture.time.millis();

  private IngestResult.Stored stored(WriteRequests request) {
    return assertInstanceOf(IngestResult.Stored.class, fixture.remoteWrite(request.snappy()));
  }

  private IngestResult.Refused refused(byte[] body) {
    return assertInstanceOf(IngestResult.Refused.class, fixture.remoteWrite(body));
  }

  private static IngestResult.Rejection only(IngestResult.Stored stored) {
    assertEquals(1, stored.rejections().size(), () -> stored.toString());
    return stored.rejections().getFirst();
  }

  @Test
  void storesSeriesAndSamples() {
    var result = stored(new WriteRequests()
        .series(WriteRequests.labels("__name__", "up", "job", "a").sample(now, 1).sample(now + 1, 2))
        .series(WriteRequests.labels("__name__", "up", "job", "b").sample(now, 3)));
    assertEquals(3, result.samples());
    assertEquals(List.of(), result.rejections());
    assertEquals(2.0, fixture.values().get("up{job=\"a\"}"));
    assertEquals(3.0, fixture.values().get("up{job=\"b\"}"));
  }

  @Test
  void labelOrderMakesNoOtherSeries() {
    stored(new WriteRequests().series(WriteRequests.labels("job", "a", "__name__", "up").sample(now, 1)));
    stored(new WriteRequests().series(WriteRequests.labels("__name__", "up", "job", "a").sample(now + 1, 2)));
    assertEquals(List.of("up{job=\"a\"}"), List.copyOf(fixture.values().keySet()));
  }

  @Test
  void fieldsBetweenLabelsMakeNoOtherSeries() {
    var mixed = WriteRequests.labels("__name__", "up").sample(now, 1).label("job", "a");
    stored(new WriteRequests().series(mixed).series(WriteRequests.labels("__name__", "up", "job", "a").sample(now + 1, 2)));
    assertEquals(List.of("up{job=\"a\"}"), List.copyOf(fixture.values().keySet()));
  }

  @Test
  void emptyLabelValuesAreNoLabels() {
    stored(new WriteRequests().series(WriteRequests.labels("__name__", "up", "job", "").sample(now, 1)));
    assertEquals(List.of("up"), List.copyOf(fixture.values().keySet()));
  }

  @Test
  void passesMetadataOn() {
    stored(new WriteRequests().series(WriteRequests.labels("__name__", "up").sample(now, 1))
        .field(3, new WriteRequests().number(1, 1).text(2, "requests_total").text(4, "All of them.").text(5, "requests").bytes()));
    var metadata = fixture.metadata().getFirst();
    assertEquals("requests_total counter All of them. requests",
        metadata.metric() + " " + metadata.type() + " " + metadata.help() + " " + metadata.unit());
  }

  @Test
  void keepsHistogramsExemplarsAndFloatsOfOneRequest() {
    var whole = new WriteRequests().number(1, 7).fixed(3, 12.5).zigzag(4, 2).fixed(5, 0.01).number(6, 1)
        .field(11, new WriteRequests().zigzag(1, -1).number(2, 2).bytes()).field(11, new WriteRequests().zigzag(1, 3).number(2, 1).bytes())
        .field(12, new WriteRequests().packedZigzag(2, 1, -2).bytes()).number(14, 2).number(15, now);
    var fractions = new WriteRequests().fixed(2, 1.5).fixed(3, 3).zigzag(4, Histogram.CUSTOM_SCHEMA)
        .field(11, new WriteRequests().zigzag(1, 0).number(2, 2).bytes()).fixed(13, 1).fixed(13, 0.5).number(15, now + 1).fixed(16, 0.25);
    var stale = new WriteRequests().fixedBits(3, Stale.BITS).number(15, now + 2);
    var exemplar = new WriteRequests().label("trace_id", "4bf9").fixed(2, 0.7).number(3, now);
    var result = stored(new WriteRequests()
        .series(WriteRequests.labels("__name__", "h").field(4, whole.bytes()).field(4, fractions.bytes()).field(4, stale.bytes())
            .field(3, exemplar.bytes()))
        .series(WriteRequests.labels("__name__", "up").sample(now, 1).field(3, new WriteRequests().label("a", "b".repeat(200)).bytes())));
    assertEquals(List.of(4L, 3L, 1L), List.of(result.samples(), result.histograms(), result.exemplars()), () -> result.toString());
    assertEquals(List.of(
        new Histogram(2, 7, 12.5, 0.01, 1, new Buckets(new int[] {-1, 0, 4}, new double[] {2, 3, 1}), Buckets.NONE, new double[0],
            Reset.NO),
        new Histogram(Histogram.CUSTOM_SCHEMA, 1.5, 3, 0, 0, new Buckets(new int[] {0, 1}, new double[] {1, 0.5}), Buckets.NONE,
            new double[] {0.25}, Reset.UNKNOWN)), fixture.histograms());
    assertEquals(List.of(new Exemplar(LabelSet.of("trace_id", "4bf9"), 0.7, now)), fixture.exemplars());
    assertTrue(Stale.is(fixture.values().get("h")));
  }

  /// C 11.
  @Test
  void namesWhatIsWrongWithAHistogramAndKeepsTheRest() {
    var noSpans = new WriteRequests().number(1, 2).field(12, new WriteRequests().packedZigzag(2).bytes()).number(15, now);
    var lowCount = new WriteRequests().number(1, 1).field(11, new WriteRequests().zigzag(1, 1).number(2, 1).bytes())
        .field(12, new WriteRequests().packedZigzag(2).bytes()).number(15, now);
    var schema = new WriteRequests().zigzag(4, 52).number(15, now);
    var result = stored(new WriteRequests().series(WriteRequests.labels("__name__", "h").field(4, noSpans.bytes())
        .field(4, lowCount.bytes()).field(4, schema.bytes()).sample(now, 1)));
    assertEquals(1, result.samples());
    assertEquals("histogram", only(result).rule());
    assertEquals(3, only(result).samples());
    assertTrue(only(result).example().contains("h: histogram: expected as many positive buckets in the spans as counts, found 1 counts"),
        only(result).example());
    var many = new WriteRequests().number(1, 2000).field(11, new WriteRequests().zigzag(1, 1).number(2, 2000).bytes()).number(15, now);
    for (int i = 0; i < 2000; i++) {
      many.varint(12 << 3).varint(i == 0 ? 2 : 0);
    }
    var tooLarge = only(stored(new WriteRequests().series(WriteRequests.labels("__name__", "h").field(4, many.bytes()))));
    assertEquals("histogram_too_large", tooLarge.rule());
    assertTrue(tooLarge.example().contains("more than 1000 buckets (limits.histogram_buckets)"), tooLarge.example());
  }

  /// C 1.
  @Test
  void refusesHugeDeclaredLengthBeforeTakingMemory() {
    byte[] lie = new WriteRequests().varint(0xffff_ffffL).raw(new byte[10]).bytes();
    assertEquals(ErrorCode.BAD_DATA, refused(lie).code());
    byte[] endless = new byte[20];
    Arrays.fill(endless, (byte) 0xff);
    assertEquals(ErrorCode.BAD_DATA, refused(endless).code());
    assertEquals(ErrorCode.BAD_DATA, refused(new byte[0]).code());
  }

  /// C 2.
  @Test
  void refusesBombBeforeInflatingIt() {
    byte[] bomb = WriteRequests.compress(new byte[100 << 20]);
    assertTrue(bomb.length < 6 << 20);
    assertEquals(ErrorCode.TOO_LARGE, refused(bomb).code());
  }

  /// C 3: each truncation and a thousand bit flips; what is answered may differ, but nothing escapes.
  @Test
  void survivesTruncatedAndFlippedBodies() {
    var request = new WriteRequests();
    for (int i = 0; i < 20; i++) {
      request.series(WriteRequests.labels("__name__", "metric_" + i, "job", "some job").sample(now, i));
    }
    byte[] good = request.snappy();
    for (int length = 0; length < good.length; length++) {
      assertEquals(ErrorCode.BAD_DATA, refused(Arrays.copyOf(good, length)).code());
    }
    var random = new Random(3);
    for (int i = 0; i < 1000; i++) {
      byte[] flipped = good.clone();
      flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
      fixture.remoteWrite(flipped);
    }
    assertEquals(20, stored(request).samples());
  }

  /// C 4.
  @Test
  void refusesMillionLabelsOfOneSeriesAndKeepsTheRest() {
    var monster = new WriteRequests().label("__name__", "monster");
    for (int i = 0; i < 1_000_000; i++) {
      monster.label("l" + i, "v");
    }
    var result = stored(new WriteRequests().series(monster.sample(now, 1)).series(WriteRequests.labels("__name__", "up").sample(now, 1)));
    assertEquals("labels_too_many", only(result).rule());
    assertEquals(1, result.samples());
  }

  /// C 4.
  @Test
  void refusesNegativeLengthsAndGroupsAndStoresNothing() {
    byte[] good = new WriteRequests().series(WriteRequests.labels("__name__", "up").sample(now, 1)).bytes();
    for (byte[] bad : List.of(
        new WriteRequests().varint(1 << 3 | 2).varint(-1).bytes(),
        new WriteRequests().varint(1 << 3 | 2).varint(Integer.MAX_VALUE).bytes(),
        new WriteRequests().varint(1 << 3 | 3).bytes(),
        new WriteRequests().varint(2).varint(0).bytes(),
        new WriteRequests().field(1, new WriteRequests().varint(2 << 3 | 2).varint(99).bytes()).bytes())) {
      var refused = refused(WriteRequests.compress(new WriteRequests().raw(good).raw(bad).bytes()));
      assertEquals(ErrorCode.BAD_DATA, refused.code());
      assertTrue(refused.message().startsWith("protobuf: the message is damaged at byte "), refused.message());
    }
    assertEquals(List.of(), fixture.stored());
  }

  /// C 4: unknown fields may nest as deep as they like; nobody follows them.
  @Test
  void nestingCostsNoStack() {
    byte[] nested = new byte[0];
    for (int i = 0; i < 5000; i++) {
      nested = new WriteRequests().field(9, nested).bytes();
    }
    assertEquals(1, stored(new WriteRequests().raw(nested).series(WriteRequests.labels("__name__", "up").sample(now, 1))).samples());
  }

  /// C 6.
  @Test
  void namesEachBrokenRuleAndKeepsTheGoodSeries() {
    var result = stored(new WriteRequests()
        .series(WriteRequests.labels("__name__", "up", "job", "a", "job", "b").sample(now, 1))
        .series(WriteRequests.labels("__name__", "up", "job", "c", "job", "d").sample(now, 1).sample(now + 1, 1))
        .series(WriteRequests.labels("job", "a").sample(now, 1))
        .series(WriteRequests.labels("__name__", "up", "", "x").sample(now, 1))
        .series(WriteRequests.labels("__name__", "up", "x".repeat(2000), "x").sample(now, 1))
        .series(WriteRequests.labels("__name__", "up", "long", "x".repeat(9000)).sample(now, 1))
        .series(WriteRequests.labels("__name__", "good").sample(now, 1)));
    assertEquals(1, result.samples());
    assertEquals(6 + 1, result.rejected());
    assertEquals(List.of("name_missing 1", "label_name_empty 1", "label_duplicate 3", "label_name_too_long 1", "label_value_too_long 1"),
        result.rejections().stream().map(r -> r.rule() + " " + r.samples()).toList());
    assertEquals("up{job=\"a\"}: label \"job\" is given twice, as \"a\" and \"b\"", result.rejections().get(2).example());
  }

  /// C 7.
  @Test
  void refusesInvalidUtf8OfOneSeries() {
    byte[] name = "__name__".getBytes(StandardCharsets.UTF_8);
    for (byte[] bad : List.of(new byte[] {(byte) 0xff}, new byte[] {(byte) 0xc0, (byte) 0x80},
        new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
        new byte[] {'a', (byte) 0xe2, (byte) 0x82}, new byte[] {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80})) {
      var result = stored(new WriteRequests()
          .series(new WriteRequests().labelBytes(name, bad).sample(now, 1))
          .series(WriteRequests.labels("__name__", "gut, größer").sample(now, 1)));
      assertEquals("not_utf8", only(result).rule());
      assertEquals(1, result.samples());
    }
  }

  /// C 8.
  @Test
  void keepsEveryBitPattern() {
    var bits = new ArrayList<>(List.of(Stale.BITS, 0x7ff8000000000001L, 0x7ff0000000000001L, 0xfff8000000000000L, 0xffffffffffffffffL,
        Double.doubleToRawLongBits(Double.POSITIVE_INFINITY), Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY),
        Double.doubleToRawLongBits(-0.0), 1L, 0L, 0x000fffffffffffffL, Double.doubleToRawLongBits(Double.MAX_VALUE)));
    var random = new Random(8);
    for (int i = 0; i < 1000; i++) {
      bits.add(0x7ff0000000000000L | random.nextLong());
    }
    var series = WriteRequests.labels("__name__", "bits");
    for (int i = 0; i < bits.size(); i++) {
      series.sampleBits(now + i, bits.get(i));
    }
    assertEquals(bits.size(), stored(new WriteRequests().series(series)).samples());
    assertEquals(bits, fixture.stored().stream().map(CollectorFixture.Stored::bits).toList());
  }

  /// C 9.
  @Test
  void refusesTimestampsOutOfBoundsByName() {
    var series = WriteRequests.labels("__name__", "up");
    for (long bad : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, 0, -1, 86_399_999, now + 600_001, 9_214_646_400_000L}) {
      series.sample(bad, 1);
    }
    series.sample(now + 600_000, 2).sample(now - 86_400_000, 3);
    var result = stored(new WriteRequests().series(series));
    assertEquals(2, result.samples());
    assertEquals(List.of("timestamp_too_new 3", "timestamp_too_old 4"),
        result.rejections().stream().map(r -> r.rule() + " " + r.samples()).toList());
    assertEquals("up: timestamp 9223372036854775807 ms is out of bounds, newer than " + (now + 600_000)
        + " (now + limits.future_tolerance)", result.rejections().getFirst().example());
  }

  @Test
  void knownSeriesIsFoundByItsBytes() {
    var request = new WriteRequests().series(WriteRequests.labels("__name__", "up", "job", "a").sample(now, 1));
    stored(request);
    stored(request);
    assertEquals(2, fixture.stored().size());
    assertEquals(LabelSet.of("__name__", "up", "job", "a"), fixture.stored().get(1).labels());
    assertTrue(fixture.metrics.print().contains("tidemark_batch_definitions_total 1\n"), fixture.metrics.print());
  }
}
