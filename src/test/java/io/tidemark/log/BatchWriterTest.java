package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BatchWriterTest {
  private final VirtualTime time = new VirtualTime(1);

  private BatchWriter writer(Log log, BatchLimits limits) {
    return new BatchWriter(log, 42, limits, time, new Metrics());
  }

  private BatchWriter writer(Log log) {
    return writer(log, BatchLimits.DEFAULT);
  }

  private static LabelSet series(int n) {
    return LabelSet.of(LabelSet.NAME, "requests_total", "instance", "host-" + n);
  }

  private static Replay replay(HeldLog log) {
    var replay = new Replay();
    for (int i = 0; i < log.partitions(); i++) {
      replay.read(log.records(i));
    }
    return replay;
  }

  /// A sender can make label values of one XXH3: in two stripes of one lane whose lower words meet the secret alike, a bit of the upper
  /// word goes from the one to the other.
  @Test
  void labelsOfOnePublicHashAreTwoSeries() {
    String text = "kkkkkkkkkkkkkkkkk-AAA<bbbkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk-AAAbbbbdbwr>bbbkkkkkkkkkkk"
        + "kkkkkkkkkkkkkkkkkkkkkkkkkkkkk-AAAbbbbdbwrbbbbkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk-AAAbbbbdbwrbbb"
        + "bkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkdbwrbbbbkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
        + "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
    LabelSet one = LabelSet.of(LabelSet.NAME, "m", "x", text.replace('<', 'c').replace('>', 'b'));
    LabelSet two = LabelSet.of(LabelSet.NAME, "m", "x", text.replace('<', 'b').replace('>', 'c'));
    byte[] canonical = one.toCanonicalBytes();
    assertEquals(Partitioner.hash(canonical, canonical.length), Partitioner.hash(two.toCanonicalBytes(), canonical.length));
    var log = new HeldLog(1);
    var writer = writer(log);
    writer.add(writer.define(one), 1, 1);
    writer.add(writer.define(two), 2, 2);
    writer.flush();
    log.acceptAll();
    assertEquals(Set.of(one, two), replay(log).bitsBySeriesAndTime.keySet());
  }

  /// A shard ends windows between records only.
  @Test
  void aRecordTouchesNoMoreWindowsThanAShardOpens() {
    var log = new HeldLog(1);
    var writer = writer(log);
    int handle = writer.define(series(1));
    for (int i = 0; i < 1_000; i++) {
      writer.add(handle, (i * 7_919L % 500 - 250) * BatchLimits.WINDOW_MILLIS + i, i);
    }
    writer.flush();
    var reader = new BatchReader();
    int samples = 0;
    for (HeldLog.Held append : log.held) {
      reader.read(append.record());
      samples += reader.samples();
      assertTrue(Arrays.stream(reader.timestampsMillis(), 0, reader.samples()).map(t -> Math.floorDiv(t, BatchLimits.WINDOW_MILLIS))
          .distinct().count() <= BatchLimits.RECORD_WINDOWS_MAX);
    }
    assertEquals(1_000, samples);
    assertTrue(log.held.size() < 20, log.held.size() + " records");
  }

  @Test
  void keepsEverySampleBitForBit() {
    var log = new HeldLog(3);
    var writer = writer(log);
    long[] bits = {0, Double.doubleToRawLongBits(-0.0), 0x7ff0000000000002L, 0x7ff8000000000001L, 0xfff8123456789abcL, Long.MIN_VALUE, 1};
    long[] times = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1_704_067_200_000L, 1_704_067_200_000L};
    var expected = new HashMap<LabelSet, TreeMap<Long, Long>>();
    for (int i = 0; i < 50; i++) {
      int handle = writer.define(series(i));
      for (int j = 0; j < bits.length; j++) {
        writer.add(handle, times[j], Double.longBitsToDouble(bits[j]));
        expected.computeIfAbsent(series(i), _ -> new TreeMap<>()).put(times[j], bits[j]);
      }
    }
    assertEquals(50 * bits.length, writer.pendingSamples());
    Future<Void> flushed = writer.flush();
    assertFalse(flushed.isComplete());
    log.acceptAll();
    assertTrue(flushed.succeeded());
    assertEquals(0, writer.pendingSamples());
    assertEquals(expected, replay(log).bitsBySeriesAndTime);
  }

  @Test
  void definesAKnownSeriesOnce() {
    var log = new HeldLog(2);
    var writer = writer(log);
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < 20; i++) {
        int handle = writer.find(7, i);
        if (handle == BatchWriter.UNKNOWN) {
          assertEquals(0, round);
          handle = writer.define(7, i, series(i));
        }
        writer.add(handle, round, i);
      }
      writer.flush();
      log.acceptAll();
    }
    assertEquals(20, replay(log).definitions);
  }

  @Test
  void encodingsOfTheSameLabelsShareOneSeries() {
    var writer = writer(new HeldLog(2));
    int handle = writer.define(1, 1, series(1));
    assertEquals(handle, writer.define(2, 2, series(1)));
    assertEquals(handle, writer.define(series(1)));
    assertEquals(handle, writer.find(2, 2));
    assertNotEquals(handle, writer.define(series(2)));
    assertEquals(BatchWriter.UNKNOWN, writer.find(1, 2));
  }

  @Test
  void repeatsADefinitionUntilItIsDurable() {
    var log = new HeldLog(1);
    var writer = writer(log);
    writer.add(writer.define(series(1)), 1, 1);
    writer.flush();
    writer.add(writer.define(series(1)), 2, 2);
    writer.flush();
    log.refuse(0);
    log.accept(0);
    assertEquals(Map.of(2L, Double.doubleToRawLongBits(2)), replay(log).bitsBySeriesAndTime.get(series(1)));
    writer.add(writer.define(series(1)), 3, 3);
    writer.flush();
    log.accept(0);
    assertEquals(1, replay(log).definitions);
  }

  @Test
  void refusedFlushIsAFailureAndTheNextOneWorks() {
    var log = new HeldLog(1);
    var writer = writer(log);
    writer.add(writer.define(series(1)), 1, 1);
    Future<Void> refused = writer.flush();
    log.refuse(0);
    assertEquals(ErrorCode.DISK_FULL, ((TidemarkException) refused.cause()).code());
    writer.add(writer.define(series(1)), 2, 2);
    Future<Void> accepted = writer.flush();
    log.accept(0);
    assertTrue(accepted.succeeded());
    assertEquals(1, replay(log).bitsBySeriesAndTime.get(series(1)).size());
  }

  @Test
  void oneRefusedPartitionFailsTheFlushAfterAllHaveEnded() {
    var log = new HeldLog(2);
    var writer = writer(log);
    for (int i = 0; i < 10; i++) {
      writer.add(writer.define(series(i)), 1, 1);
    }
    Future<Void> flushed = writer.flush();
    assertEquals(2, log.held.size());
    log.refuse(0);
    assertFalse(flushed.isComplete());
    log.accept(0);
    assertTrue(flushed.failed());
  }

  @Test
  void refusesWhenTooManyBytesWait() {
    var log = new HeldLog(1);
    var writer = writer(log, new BatchLimits(1 << 20, 1000, 1000, 200, 0));
    writer.add(writer.define(series(1)), 1, 1);
    Future<Void> first = writer.flush();
    for (int i = 0; i < 20; i++) {
      writer.add(writer.define(series(1)), i, 1);
    }
    Future<Void> second = writer.flush();
    assertEquals(ErrorCode.UNAVAILABLE, ((TidemarkException) second.cause()).code());
    assertEquals(1, log.held.size());
    log.accept(0);
    assertTrue(first.succeeded());
    writer.add(writer.define(series(1)), 2, 2);
    assertFalse(writer.flush().failed());
    log.accept(0);
    assertEquals(2, replay(log).bitsBySeriesAndTime.get(series(1)).size());
  }

  @Test
  void boundsMemoryOfABatchThatIsNeverFlushed() {
    var log = new HeldLog(1);
    var writer = writer(log, new BatchLimits(1 << 20, 1000, 1000, 8 << 20, 0));
    int handle = writer.define(series(1));
    for (int i = 0; i < 3_000_000; i++) {
      writer.add(handle, i, 1);
    }
    assertTrue(writer.flush().failed());
    writer.add(writer.define(series(1)), 1, 1);
    Future<Void> next = writer.flush();
    log.acceptAll();
    assertTrue(next.succeeded());
  }

  @Test
  void splitsALargeBatchIntoRecords() {
    var log = new HeldLog(1);
    var writer = writer(log);
    for (int i = 0; i < 300_000; i++) {
      writer.add(writer.define(series(i % 1000)), i, i);
    }
    writer.flush();
    assertTrue(log.held.size() > 1);
    // Whichever of them fails, the others stand on their own.
    log.refuse(0);
    log.acceptAll();
    assertFalse(replay(log).bitsBySeriesAndTime.isEmpty());
  }

  @Test
  void epochEndsByAgeSeriesAndBytes() {
    assertEquals(2, epochsAfter(new BatchLimits(1 << 20, 1000, 60_000, 1 << 20, 0), 1, 60_001));
    assertEquals(1, epochsAfter(new BatchLimits(1 << 20, 1000, 60_000, 1 << 20, 0), 1, 60_000));
    assertEquals(2, epochsAfter(new BatchLimits(1 << 20, 10, 60_000, 1 << 20, 0), 11, 1));
    assertEquals(2, epochsAfter(new BatchLimits(100, 1000, 60_000, 1 << 20, 0), 5, 1));
  }

  private int epochsAfter(BatchLimits limits, int seriesCount, long millis) {
    var log = new HeldLog(1);
    var writer = writer(log, limits);
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < seriesCount; i++) {
        writer.add(writer.define(series(i)), round, 1);
      }
      writer.flush();
      log.acceptAll();
      time.advance(millis);
    }
    Replay replay = replay(log);
    replay.bitsBySeriesAndTime.values().forEach(samples -> assertEquals(2, samples.size()));
    return replay.epochs.size();
  }

  @Test
  void metadataIsWrittenWhenItChanges() {
    var log = new HeldLog(1);
    var writer = writer(log);
    for (int i = 0; i < 5; i++) {
      writer.metadata("up", "gauge", i < 3 ? "one" : "two", "");
      writer.flush();
      log.acceptAll();
    }
    assertEquals(2, log.records(0).size());
    assertEquals(new MetricMetadata("up", "gauge", "two", ""), replay(log).metadata.get("up"));
  }

  @Test
  void emptyFlushSucceedsAtOnce() {
    var log = new HeldLog(2);
    assertTrue(writer(log).flush().succeeded());
    assertTrue(log.held.isEmpty());
  }

  /// Random series, flushes, refusals and orders of acknowledgement: every acknowledged sample resolves, to the right bits.
  @Test
  void everyAcknowledgedSampleResolvesWhateverIsRefused() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new Random(seed);
      var log = new HeldLog(1 + random.nextInt(3));
      var writer = writer(log, new BatchLimits(2_000, 40, 500, 1 << 20, random.nextInt(3)));
      record Sent(LabelSet labels, long timestamp, double value, Future<Void> flushed) {}
      var sent = new ArrayList<Sent>();
      var batch = new ArrayList<Sent>();
      for (int step = 0; step < 300; step++) {
        int what = random.nextInt(10);
        if (what < 6) {
          int n = random.nextInt(60);
          int handle = writer.find(n, ~n);
          if (handle == BatchWriter.UNKNOWN) {
            handle = writer.define(n, ~n, series(n % 50));
          }
          writer.add(handle, step, step);
          batch.add(new Sent(series(n % 50), step, step, Future.succeededFuture()));
        } else if (what < 8) {
          Future<Void> flushed = writer.flush();
          batch.forEach(s -> sent.add(new Sent(s.labels, s.timestamp, s.value, flushed)));
          batch.clear();
        } else if (!log.held.isEmpty() && what == 8) {
          log.accept(random.nextInt(log.held.size()));
        } else if (!log.held.isEmpty()) {
          log.refuse(random.nextInt(log.held.size()));
        }
        time.advance(random.nextInt(20));
      }
      Replay replay = replay(log);
      for (Sent s : sent) {
        if (s.flushed.succeeded()) {
          Long bits = replay.bitsBySeriesAndTime.getOrDefault(s.labels, new TreeMap<>()).get(s.timestamp);
          assertEquals(Double.doubleToRawLongBits(s.value), bits, "seed " + seed + " " + s);
        }
      }
    }
  }

  @Test
  void tooLargeLabelSetIsRefused() {
    var writer = writer(new HeldLog(1));
    var labels = LabelSet.of("a", "x".repeat(5 << 20));
    assertEquals(ErrorCode.TOO_LARGE, assertThrows(TidemarkException.class, () -> writer.define(labels)).code());
  }

  @Test
  void readsBackEmptyAndManyPartitions() {
    var log = new HeldLog(100);
    var writer = writer(log, new BatchLimits(1 << 20, 1000, 1000, 1 << 20, 1));
    for (int i = 0; i < 20; i++) {
      writer.add(writer.define(series(i)), 1, 1);
    }
    writer.flush();
    assertEquals(1, log.held.size(), "a window of one keeps a metric in one partition");
    List<Integer> partitions = log.held.stream().map(HeldLog.Held::partition).toList();
    assertEquals(List.of(new Partitioner(100, 1).first("requests_total")), partitions);
  }

  private static Trace trace(String id) {
    return Trace.of("", id);
  }

  private static List<List<String>> ids(HeldLog log) {
    return log.held.stream().map(held -> held.traces().stream().map(Trace::correlationId).toList()).toList();
  }

  @Test
  void eachRecordCarriesTheTracesOfTheRequestsThatHaveSamplesInIt() {
    var log = new HeldLog(2);
    var writer = writer(log, new BatchLimits(1 << 20, 1000, 1000, 1 << 20, 1));
    int first = 0;
    int second = 1;
    while (new Partitioner(2, 1).first("m" + first) != 0) {
      first++;
    }
    while (new Partitioner(2, 1).first("m" + second) != 1) {
      second++;
    }
    int inFirst = writer.define(LabelSet.of("__name__", "m" + first));
    int inSecond = writer.define(LabelSet.of("__name__", "m" + second));
    writer.beginTrace(trace("both"));
    writer.add(inFirst, 1, 1);
    writer.add(inSecond, 1, 1);
    writer.endTrace();
    writer.add(inSecond, 2, 2);
    writer.beginTrace(trace("one"));
    writer.add(inFirst, 2, 2);
    writer.endTrace();
    writer.beginTrace(trace("none"));
    writer.endTrace();
    writer.flush();
    assertEquals(List.of(List.of("both", "one"), List.of("both")), ids(log));
    log.acceptAll();
    inFirst = writer.define(LabelSet.of("__name__", "m" + first));
    writer.add(inFirst, 3, 3);
    writer.flush();
    assertEquals(List.of(List.of()), ids(log));
  }

  @Test
  void aRequestThatSpreadsOverSeveralRecordsIsNamedByEach() {
    var log = new HeldLog(1);
    var writer = writer(log, BatchLimits.DEFAULT);
    int handle = writer.define(series(1));
    writer.beginTrace(trace("large"));
    for (int i = 0; i < 300_000; i++) {
      writer.add(handle, i, i);
    }
    writer.endTrace();
    writer.flush();
    assertTrue(log.held.size() > 1);
    assertEquals(log.held.stream().map(_ -> List.of("large")).toList(), ids(log));
  }

  @Test
  void aRecordNamesABoundedNumberOfRequests() {
    var log = new HeldLog(1);
    var writer = writer(log, BatchLimits.DEFAULT);
    for (int i = 0; i < 3 * Trace.RECORD_MAX; i++) {
      writer.beginTrace(trace("r" + i));
      writer.add(writer.define(series(1)), i, i);
      writer.endTrace();
    }
    writer.flush();
    assertEquals(Trace.RECORD_MAX, ids(log).getFirst().size());
    assertEquals("r0", ids(log).getFirst().getFirst());
  }
}
