package io.tidemark.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.disk.GoldenBytes;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.VirtualTime;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchFormatTest {
  private static final LabelSet UP = LabelSet.of(LabelSet.NAME, "up", "job", "node");
  private static final LabelSet HEAT = LabelSet.of(LabelSet.NAME, "heat", "raum", "Küche");

  private static byte[] example() {
    var log = new HeldLog(1);
    var writer = new BatchWriter(log, 0x01020304, BatchLimits.DEFAULT, new VirtualTime(1), new Metrics());
    writer.metadata("heat", "gauge", "How warm it is.", "celsius");
    writer.add(writer.define(UP), 1_704_067_200_000L, 1);
    writer.add(writer.define(HEAT), 1_704_067_200_000L, 21.5);
    writer.add(writer.define(UP), 1_704_067_215_000L, Double.longBitsToDouble(0x7ff0000000000002L));
    writer.flush();
    return log.held.getFirst().record();
  }

  @Test
  void writesTheBytesOfVersionOne() {
    GoldenBytes.check("batch-v1", example());
  }

  @Test
  void readsTheBytesOfVersionOne() {
    var reader = new BatchReader();
    reader.read(GoldenBytes.read("batch-v1"));
    assertEquals(0x01020304, reader.writer());
    assertEquals(1, reader.epoch());
    assertEquals(1_704_067_200_000L, reader.epochStartMillis());
    assertEquals(2, reader.definitions());
    assertEquals(List.of(0, 1), List.of(reader.definitionRef(0), reader.definitionRef(1)));
    assertEquals(List.of(UP, HEAT), List.of(reader.definitionLabels(0), reader.definitionLabels(1)));
    assertEquals(List.of(new MetricMetadata("heat", "gauge", "How warm it is.", "celsius")), reader.metadata());
    assertEquals(3, reader.samples());
    assertEquals("[0, 1, 0]", Arrays.toString(Arrays.copyOf(reader.refs(), 3)));
    assertEquals("[1704067200000, 1704067200000, 1704067215000]", Arrays.toString(Arrays.copyOf(reader.timestampsMillis(), 3)));
    assertEquals(0x7ff0000000000002L, reader.valueBits()[2]);
  }

  private static final Histogram LATENCY = new Histogram(3, 12, 2.5, 0.001, 2,
      new Histogram.Buckets(new int[] {-1, 0, 4}, new double[] {3, 4, 2}), new Histogram.Buckets(new int[] {2}, new double[] {1}),
      new double[0], Histogram.Reset.NO);
  private static final Exemplar SLOW = new Exemplar(LabelSet.of("trace_id", "4bf9"), 0.25, 1_704_067_199_000L);

  /// A value, a histogram and a value of one series, the first two with a start time; an exemplar.
  private static byte[] example2() {
    var log = new HeldLog(1);
    var writer = new BatchWriter(log, 0x01020304, BatchLimits.DEFAULT, new VirtualTime(1), new Metrics());
    int up = writer.define(UP);
    writer.add(up, 1_704_067_200_000L, 1, 1_704_067_000_000L);
    writer.add(up, 1_704_067_215_000L, LATENCY, 1_704_067_000_000L);
    writer.add(up, 1_704_067_230_000L, 2);
    writer.add(up, SLOW);
    writer.flush();
    return log.held.getFirst().record();
  }

  @Test
  void writesAndReadsTheBytesOfVersionTwo() {
    GoldenBytes.check("batch-v2", example2());
    var reader = new BatchReader();
    reader.read(GoldenBytes.read("batch-v2"));
    assertEquals(3, reader.samples());
    BatchExtras extras = reader.extras();
    assertEquals("[1]", Arrays.toString(extras.histogramAt()));
    assertEquals(List.of(LATENCY), extras.histograms());
    assertEquals("[1704067000000, 1704067000000, 0]", Arrays.toString(extras.startsMillis()));
    assertEquals(List.of(new BatchExtras.OfSeries(0, SLOW)), extras.exemplars());
    assertEquals(BatchOrigin.of(example()), BatchOrigin.of(example2()));
    reader.read(example());
    assertEquals(BatchExtras.NONE, reader.extras());
  }

  /// A plain value, marked as brought in later.
  @Test
  void writesAndReadsTheBytesOfVersionThree() {
    var log = new HeldLog(1);
    var live = new BatchWriter(log, 0x01020304, BatchLimits.DEFAULT, new VirtualTime(1), new Metrics());
    BatchWriter writer = live.backfilling(0x05060708);
    writer.add(writer.define(UP), 1_704_067_200_000L, 1);
    writer.flush();
    GoldenBytes.check("batch-v3", log.held.getFirst().record());
    var reader = new BatchReader();
    reader.read(GoldenBytes.read("batch-v3"));
    assertEquals(List.of(true, 0x05060708, 1), List.of(reader.isBackfill(), reader.writer(), reader.samples()));
    assertEquals(List.of(List.of(), List.of()), List.of(reader.extras().histograms(), reader.extras().exemplars()));
    reader.read(example());
    assertEquals(false, reader.isBackfill());
    reader.read(example2());
    assertEquals(false, reader.isBackfill());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void refusesEverySingleBitFlip(boolean second) {
    byte[] record = second ? example2() : example();
    var reader = new BatchReader();
    for (int bit = 0; bit < record.length * 8; bit++) {
      byte[] damaged = record.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      ErrorCode code = assertThrows(TidemarkException.class, () -> reader.read(damaged), "bit " + bit).code();
      boolean isUnknown = bit / 8 == 3 && !BatchFormat.isKnown(damaged[3]);
      assertEquals(isUnknown ? ErrorCode.NOT_SUPPORTED : ErrorCode.CORRUPT, code);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void refusesEveryTruncation(boolean second) {
    byte[] record = second ? example2() : example();
    for (int bytes = 0; bytes < record.length; bytes++) {
      byte[] cut = Arrays.copyOf(record, bytes);
      assertEquals(ErrorCode.CORRUPT, assertThrows(TidemarkException.class, () -> new BatchReader().read(cut)).code());
    }
  }

  /// Wrong content under a right checksum: what a defect or a hostile writer could make.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void wrongContentIsAnErrorNotAnAccident(boolean second) {
    var random = new Random(1);
    byte[] record = second ? example2() : example();
    var reader = new BatchReader();
    for (int i = 0; i < 200_000; i++) {
      byte[] wrong = Arrays.copyOf(record, record.length - random.nextInt(20));
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        wrong[BatchFormat.SECTIONS_AT + random.nextInt(wrong.length - BatchFormat.SECTIONS_AT)] = (byte) random.nextInt();
      }
      int end = wrong.length - BatchFormat.CHECKSUM_BYTES;
      BatchFormat.putInt(wrong, end, BatchFormat.checksum(wrong, 0, end));
      try {
        reader.read(wrong);
      } catch (TidemarkException e) {
        assertEquals(ErrorCode.CORRUPT, e.code());
      }
    }
  }
}
