package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.tidemark.log.BatchLimits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/// Series of remote write that came before are recognised by the bytes in front of their last sample: what is stored must be what a
/// reader stores that never saw them.
class RecognisedSeriesTest {
  private static final String[] LABELS = {"__name__", "requests_total", "job", "api", "instance", "10.0.0.1:9100"};

  private final CollectorFixture knowing = new CollectorFixture();
  private final long now = knowing.time.millis();

  /// What a push does, told in full.
  private static String push(CollectorFixture fixture, WriteRequests request) {
    List<CollectorFixture.Stored> before = fixture.stored();
    IngestResult result = fixture.remoteWrite(request.snappy());
    List<CollectorFixture.Stored> added = fixture.stored();
    before.forEach(added::remove);
    return result + " " + added;
  }

  private void assertReadAlike(String what, WriteRequests series) {
    var request = new WriteRequests().series(series);
    var fresh = new CollectorFixture();
    fresh.time.advance(knowing.time.millis() - fresh.time.millis());
    assertEquals(push(fresh, request), push(knowing, request), what);
  }

  private void learn() {
    push(knowing, new WriteRequests().series(WriteRequests.labels(LABELS).sample(now, 1)));
  }

  @Test
  void everyFormOfItsLastFieldIsReadAsOfANewSeries() {
    learn();
    byte[] value = new WriteRequests().fixed(1, 2.5).bytes();
    byte[] time = new WriteRequests().number(2, now).bytes();
    byte[] usual = new WriteRequests().sample(now, 2.5).bytes();
    BiConsumer<String, WriteRequests> check = (what, fields) -> assertReadAlike(what, WriteRequests.labels(LABELS).raw(fields.bytes()));
    check.accept("value and time", new WriteRequests().raw(usual));
    check.accept("no value", new WriteRequests().field(2, time));
    check.accept("no time", new WriteRequests().field(2, value));
    check.accept("nothing in it", new WriteRequests().field(2, new byte[0]));
    check.accept("no sample", new WriteRequests());
    check.accept("time first", new WriteRequests().field(2, new WriteRequests().raw(time).raw(value).bytes()));
    check.accept("the value twice", new WriteRequests().field(2, new WriteRequests().raw(value).raw(value).raw(time).bytes()));
    check.accept("something unknown behind", new WriteRequests().field(2, new WriteRequests().raw(value).raw(time).number(9, 1).bytes()));
    check.accept("two samples", new WriteRequests().sample(now - 1, 1).raw(usual));
    check.accept("a long way to write its length", new WriteRequests().raw(new byte[] {0x12, (byte) 0x90, 0x00}).raw(value).raw(time));
    check.accept("an exemplar behind", new WriteRequests().raw(usual).field(3, new WriteRequests().raw(value).raw(time).bytes()));
    check.accept("a label behind", new WriteRequests().raw(usual).label("zone", "a"));
    check.accept("a label that ends like a sample", new WriteRequests().labelBytes("zone".getBytes(StandardCharsets.UTF_8), usual));
    for (long timestamp : new long[] {0, 1, -1, now + 10_000_000, (1L << 35) - 1, 1L << 35, (1L << 42) - 1, 1L << 42, Long.MIN_VALUE}) {
      check.accept("at " + timestamp, new WriteRequests().sample(timestamp, 1));
      check.accept("zero at " + timestamp, new WriteRequests().field(2, new WriteRequests().number(2, timestamp).bytes()));
    }
    var random = new Random(3);
    for (int i = 0; i < 500; i++) {
      check.accept("bits " + i, new WriteRequests().sampleBits(now - random.nextInt(1_000_000), random.nextLong()));
    }
  }

  @Test
  void randomBytesBehindItsLabelsAreReadAsOfANewSeries() {
    learn();
    byte[] usual = new WriteRequests().sample(now, 2.5).bytes();
    var random = new Random(4);
    for (int i = 0; i < 3_000; i++) {
      byte[] bytes = usual.clone();
      for (int change = random.nextInt(3); change >= 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      assertReadAlike("change " + i, WriteRequests.labels(LABELS).raw(bytes));
    }
  }

  @Test
  void nothingOfADamagedRequestIsStored() {
    learn();
    var known = WriteRequests.labels(LABELS).sample(now + 1, 7);
    var damaged = new WriteRequests().series(known).field(1, new byte[] {0x0a, 0x7f, 0x01});
    assertInstanceOf(IngestResult.Refused.class, knowing.remoteWrite(damaged.snappy()));
    assertEquals(1, knowing.stored().size());
  }

  /// In the middle of a request a batch is full, goes, and the writer's epoch with it.
  @Test
  void handlesFoundBeforeABatchWentAreNotUsedAfterIt() {
    int many = 60_000;
    var fixture = new CollectorFixture(new BatchLimits(1L << 30, many / 2, 3_600_000, 1L << 30, 0));
    var known = new ArrayList<WriteRequests>();
    var expected = new ArrayList<String>();
    for (int i = 0; i < 20; i++) {
      known.add(WriteRequests.labels("__name__", "known", "number", String.valueOf(i)));
      expected.add("known{number=\"" + i + "\"} " + i);
    }
    var first = new WriteRequests();
    known.forEach(labels -> first.series(new WriteRequests().raw(labels.bytes()).sample(now, -1)));
    fixture.remoteWrite(first.snappy());
    var second = new WriteRequests();
    for (int i = 0; i < many; i++) {
      second.series(WriteRequests.labels("__name__", "new", "number", String.valueOf(i)).sample(now, i));
    }
    for (int i = 0; i < known.size(); i++) {
      second.series(new WriteRequests().raw(known.get(i).bytes()).sample(now + 1, i));
    }
    fixture.remoteWrite(second.snappy());
    List<String> stored = fixture.stored().stream().filter(sample -> sample.timestampMillis() == now + 1)
        .map(sample -> sample.labels() + " " + (int) sample.value()).sorted().toList();
    assertEquals(expected.stream().sorted().toList(), stored);
  }
}
