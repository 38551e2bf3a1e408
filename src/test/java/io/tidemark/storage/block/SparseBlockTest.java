package io.tidemark.storage.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.LabelSet;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Blocks of a day with series that have few samples, and of series with equal values.
class SparseBlockTest {
  private static final long DAY = 86_400_000;
  private static final Path DIRECTORY = Path.of("/blocks");
  private static final BlockName NAME = new BlockName(0, DAY, 1, 0);

  private record Series(long[] times, double[] values) {}

  private final Random random = new Random(5);
  private final CrashingDisk disk = new CrashingDisk(1);

  SparseBlockTest() {
    disk.createDirectories(DIRECTORY);
  }

  private record Content(List<Series> series) implements Selection {
    @Override
    public int count() {
      return series.size();
    }

    @Override
    public LabelSet labels(int index) {
      return LabelSet.of(LabelSet.NAME, "m", "number", "%05d".formatted(index));
    }

    @Override
    public void read(int index, SampleBuffer into) {
      into.clear();
      Series of = series.get(index);
      into.reserve(of.times.length);
      System.arraycopy(of.times, 0, into.timestampsMillis, 0, of.times.length);
      System.arraycopy(of.values, 0, into.values, 0, of.times.length);
      into.count = of.times.length;
    }

    @Override
    public void close() {}
  }

  private Block block(List<Series> series) {
    return Block.open(disk, BlockWriter.write(disk, DIRECTORY, NAME, List.of(), new Content(series)), NAME);
  }

  /// Each tick of 10 s has a sample or not.
  private Series now(double share, LongStream ticks) {
    long[] times = ticks.filter(_ -> random.nextDouble() < share).map(tick -> 3_000 + tick * 10_000).toArray();
    return new Series(times, random.doubles(times.length).map(v -> Math.floor(v * 3)).toArray());
  }

  private static Series within(Series of, long from, long to) {
    int[] kept = IntStream.range(0, of.times.length).filter(i -> of.times[i] >= from && of.times[i] < to).toArray();
    return new Series(Arrays.stream(kept).mapToLong(i -> of.times[i]).toArray(),
        Arrays.stream(kept).mapToDouble(i -> of.values[i]).toArray());
  }

  @Test
  void everyRangeOfSeriesThatHaveASampleNowAndThenIsRead() {
    var series = new ArrayList<Series>();
    for (int i = 0; i < 120; i++) {
      Series of = now(Math.pow(10, -4 * random.nextDouble()), LongStream.range(0, DAY / 10_000));
      if (of.times.length > 0) {
        series.add(of);
      }
    }
    Block block = block(series);
    block.verify();
    var samples = new SampleBuffer();
    for (int round = 0; round < 3_000; round++) {
      int ref = random.nextInt(series.size());
      long from = random.nextLong(DAY);
      long to = from + random.nextLong(random.nextBoolean() ? DAY : 600_000);
      Series expected = within(series.get(ref), from, to);
      samples.clear();
      block.read(ref, from, to, samples);
      assertArrayEquals(expected.times, Arrays.copyOf(samples.timestampsMillis, samples.count));
      assertArrayEquals(expected.values, Arrays.copyOf(samples.values, samples.count));
      assertTrue(expected.times.length == 0 || block.has(ref, from, to));
      assertTrue(expected.times.length == 0 || block.samples(ref, from, to) > 0);
    }
  }

  @Test
  void aRangeThatMovesOnReadsTheSameFromWhatIsKept() {
    var series = new ArrayList<Series>();
    for (int i = 0; i < 30; i++) {
      series.add(now(0.1 + 0.9 * random.nextDouble(), LongStream.range(0, DAY / 10_000)));
    }
    Block block = block(series);
    var samples = new SampleBuffer();
    samples.comesAgain = true;
    long at = 0;
    for (int round = 0; round < 2_000; round++) {
      at = random.nextInt(50) == 0 ? random.nextLong(DAY) : Math.max(0, at + random.nextInt(-15_000, 60_000));
      long to = at + random.nextLong(1, 900_000);
      for (int ref = round % 3; ref < series.size(); ref += 3) {
        Series expected = within(series.get(ref), at, to);
        samples.clear();
        samples.add(-1, 7);
        block.read(ref, at, to, samples);
        assertEquals(7, samples.values[0]);
        assertArrayEquals(expected.times, Arrays.copyOfRange(samples.timestampsMillis, 1, samples.count));
        assertArrayEquals(expected.values, Arrays.copyOfRange(samples.values, 1, samples.count));
      }
    }
    assertTrue(RecentColumns.moments().bytes() > 0);
  }

  @Test
  void aRangeThatMovesOnKeepsItsStartTimes() {
    var stored = new SampleBuffer();
    for (int i = 0; i < 2_000; i++) {
      stored.add(i * 1_000L, i);
      stored.startLast(i / 10 * 10_000L + 1);
    }
    Block block = Block.open(disk, BlockWriter.write(disk, DIRECTORY, NAME, List.of(), new Selection() {
      @Override
      public int count() {
        return 1;
      }

      @Override
      public LabelSet labels(int index) {
        return LabelSet.of(LabelSet.NAME, "m");
      }

      @Override
      public void read(int index, SampleBuffer into) {
        into.clear();
        for (int i = 0; i < stored.count; i++) {
          into.addFrom(stored, i);
        }
      }

      @Override
      public void close() {}
    }), NAME);
    var samples = new SampleBuffer();
    samples.comesAgain = true;
    for (int from = 0; from < 1_500; from++) {
      samples.clear();
      block.read(0, from * 1_000L, from * 1_000L + 300_000, samples);
      assertEquals(300, samples.count);
      for (int i = 0; i < samples.count; i++) {
        assertTrue(samples.sameAs(i, stored, from + i));
      }
    }
  }

  @Test
  void aSeriesOfFewSamplesEndsWithItsLastOne() {
    Block block = block(List.of(now(0.01, LongStream.range(0, 2_000)), now(1, LongStream.range(0, 100))));
    assertTrue(block.has(0, 3_600_000, DAY));
    assertFalse(block.has(0, 20_100_000, DAY));
    assertFalse(block.has(1, 1_100_000, DAY));
  }

  @Test
  void equalValuesArePutOncePerPage() {
    double[] values = random.doubles(200).toArray();
    var one = new ArrayList<Series>();
    for (int i = 0; i < 400; i++) {
      one.add(new Series(LongStream.range(0, 200).map(k -> k * 30_000).toArray(), values));
    }
    long bytes = block(one).bytes();
    assertTrue(bytes < 40_000, bytes + " bytes for 400 times the same 1,600");
    Block block = block(one);
    var samples = new SampleBuffer();
    for (int ref = 0; ref < 400; ref++) {
      samples.clear();
      block.read(ref, 0, DAY, samples);
      assertEquals(200, samples.count);
      assertArrayEquals(values, Arrays.copyOf(samples.values, samples.count));
    }
  }
}
