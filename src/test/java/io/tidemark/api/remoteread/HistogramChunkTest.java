package io.tidemark.api.remoteread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Buckets;
import io.tidemark.model.Histogram.Reset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramChunkTest {
  private final HistogramChunk chunk = new HistogramChunk();
  private final Random random = new Random(5);

  private Histogram random(Histogram before) {
    if (random.nextInt(4) > 0) {
      // Counters go up, mostly.
      double step = random.nextInt(10) == 0 ? -1 : random.nextInt(3);
      return new Histogram(before.schema(), before.count() + step, random.nextGaussian(), before.zeroThreshold(),
          before.zeroCount() + step / 2, grown(before.positive(), step), grown(before.negative(), step),
          before.customBounds(), Reset.UNKNOWN);
    }
    boolean custom = random.nextInt(4) == 0;
    double[] bounds = custom ? new double[] {-1.5, 0.1, random.nextInt(5) + 1} : new double[0];
    return new Histogram(custom ? Histogram.CUSTOM_SCHEMA : random.nextInt(13) - 4, random.nextInt(1_000_000), random.nextDouble(),
        custom || random.nextBoolean() ? 0 : 1e-7, custom ? 0 : random.nextInt(9), buckets(custom ? 4 : 300),
        custom ? Buckets.NONE : buckets(9), bounds, Reset.values()[random.nextInt(4)]);
  }

  private static Buckets grown(Buckets buckets, double step) {
    return new Buckets(buckets.indexes(), Arrays.stream(buckets.counts()).map(count -> count + step).toArray());
  }

  private Buckets buckets(int span) {
    int from = span < 5 ? 0 : random.nextInt(100) - 50;
    int[] indexes = random.ints(random.nextInt(6), from, from + span).distinct().sorted().toArray();
    return new Buckets(indexes, Arrays.stream(indexes).mapToDouble(i -> i * i).toArray());
  }

  @Test
  void keepsEveryHistogramBitForBitInRunsThatNeverFall() {
    for (int round = 0; round < 200; round++) {
      int count = 1 + random.nextInt(200);
      var timestamps = new long[count];
      var histograms = new Histogram[count];
      var last = new Histogram(0, 1, 1, 0, 0, Buckets.NONE, Buckets.NONE, new double[0], Reset.UNKNOWN);
      long time = random.nextLong() >> random.nextInt(16, 60);
      for (int i = 0; i < count; i++) {
        time += 1 + (random.nextBoolean() ? 15_000 : random.nextLong() >>> random.nextInt(20, 63));
        timestamps[i] = time;
        last = random(last);
        histograms[i] = last;
      }
      List<Long> times = new ArrayList<>();
      List<Histogram> read = new ArrayList<>();
      for (int from = 0; from < count; ) {
        int to = HistogramChunk.end(histograms, from, Math.min(count, from + 120));
        ChunkBits bits = chunk.encode(timestamps, histograms, from, to);
        var found = HistogramChunkReader.read(Arrays.copyOf(bits.array(), bits.count()));
        times.addAll(found.timestampsMillis());
        read.addAll(found.histograms());
        assertEquals(histograms[from].reset() == Reset.YES ? 0x80 : histograms[from].reset() == Reset.GAUGE ? 0xc0 : 0, found.header());
        for (int i = 1; found.header() != 0xc0 && i < to - from; i++) {
          assertTrue(found.histograms().get(i).count() >= found.histograms().get(i - 1).count());
        }
        from = to;
      }
      assertEquals(Arrays.stream(timestamps).boxed().toList(), times);
      assertEquals(Arrays.stream(histograms).map(h -> h.with(Reset.UNKNOWN)).toList(), read, "round " + round);
    }
  }

  /// By hand from the description: one gauge at time 0 with a bucket 1 that holds 2, nothing else.
  @Test
  void writesTheBytesThatTheDescriptionGives() {
    var one = new Histogram(0, 2, 0, 0, 0, new Buckets(new int[] {1}, new double[] {2}), Buckets.NONE, new double[0], Reset.GAUGE);
    ChunkBits bits = chunk.encode(new long[] {0}, new Histogram[] {one}, 0, 1);
    // 0001 c0 · threshold 00 · schema 0 · one span 10 001, length 10 001, distance 10 001 · no negative 0 · time 0 · 2.0 0 0 2.0
    String tail = "0" + "10001" + "10001" + "10001" + "0" + "0" + "0100" + "0".repeat(60) + "0".repeat(128) + "0100" + "0".repeat(60);
    var hex = new StringBuilder("0001c000");
    for (int i = 0; i < tail.length(); i += 8) {
      String octet = (tail.substring(i, Math.min(tail.length(), i + 8)) + "0000000").substring(0, 8);
      hex.append(HexFormat.of().toHexDigits((byte) Integer.parseInt(octet, 2)));
    }
    assertEquals(hex.toString(), HexFormat.of().formatHex(bits.array(), 0, bits.count()));
  }
}
