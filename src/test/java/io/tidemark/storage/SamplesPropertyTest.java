package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Reset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SamplesPropertyTest {
  @Test
  void mergesAsASortedMapDoes() {
    var random = new Random(1);
    for (int round = 0; round < 5000; round++) {
      var expected = new TreeMap<Long, Double>();
      var buffer = new SampleBuffer();
      buffer.add(-1, 42);
      int begin = 1;
      for (int part = 0; part < 3; part++) {
        int count = random.nextInt(20);
        long[] timestamps = new long[count];
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
          timestamps[i] = random.nextInt(40) + part * random.nextInt(30);
          values[i] = random.nextDouble();
          expected.put(timestamps[i], values[i]);
        }
        int kept = Samples.sortLastWins(timestamps, values, count);
        Samples.mergeNewer(buffer, begin, timestamps, values, kept);
      }
      var times = new ArrayList<Long>();
      var found = new ArrayList<Double>();
      for (int i = begin; i < buffer.count; i++) {
        times.add(buffer.timestampsMillis[i]);
        found.add(buffer.values[i]);
      }
      assertEquals(new ArrayList<>(expected.keySet()), times);
      assertEquals(new ArrayList<>(expected.values()), found);
      assertEquals(-1, buffer.timestampsMillis[0]);
    }
  }

  /// Floats and histograms mixed, with and without start times.
  @Test
  void mergesEveryColumnAsASortedMapDoes() {
    var random = new Random(2);
    for (int round = 0; round < 3000; round++) {
      var expected = new TreeMap<Long, String>();
      var buffer = new SampleBuffer();
      buffer.add(-1, 42);
      for (int part = 0; part < 3; part++) {
        int kinds = random.nextInt(4);
        var newer = new SampleBuffer();
        for (int i = random.nextInt(20); i > 0; i--) {
          long time = random.nextInt(40) + part * random.nextInt(30);
          if ((kinds & 1) != 0 && random.nextBoolean()) {
            newer.add(time, Histograms.whole(random));
          } else {
            newer.add(time, random.nextInt(5));
          }
          if ((kinds & 2) != 0 && random.nextBoolean()) {
            newer.startLast(1 + random.nextInt(3));
          }
        }
        for (int i = 0; i < newer.count; i++) {
          expected.put(newer.timestampsMillis[i], text(newer, i));
        }
        Samples.sortLastWins(newer);
        Samples.mergeNewer(buffer, 1, newer);
      }
      var found = new TreeMap<Long, String>();
      for (int i = 1; i < buffer.count; i++) {
        found.put(buffer.timestampsMillis[i], text(buffer, i));
        assertTrue(buffer.timestampsMillis[i] > buffer.timestampsMillis[i - 1]);
      }
      assertEquals(expected, found);
    }
  }

  private static String text(SampleBuffer buffer, int i) {
    Object histogram = buffer.hasHistograms() && buffer.histograms[i] != null ? buffer.histograms[i].with(Reset.UNKNOWN) : null;
    return (histogram != null ? histogram : buffer.values[i]) + " from " + (buffer.hasStarts() ? buffer.startsMillis[i] : 0);
  }

  private static Histogram told(int part, int i, Reset reset) {
    return new Histogram(0, part, i, 0, 0, Histogram.Buckets.NONE, Histogram.Buckets.NONE, new double[0], reset);
  }

  /// A hint stands where the sample before is the one that it had in its own part; parts may be merged in any order, and some beforehand.
  @Test
  void aResetHintStandsBehindTheSampleThatItSpeaksOf() {
    var random = new Random(3);
    for (int round = 0; round < 3000; round++) {
      var parts = new ArrayList<SampleBuffer>();
      var last = new TreeMap<Long, Histogram>();
      for (int part = 0; part < 4; part++) {
        var buffer = new SampleBuffer();
        for (int i = random.nextInt(8); i > 0; i--) {
          Histogram histogram = told(part, buffer.count, Reset.values()[1 + random.nextInt(3)]);
          long time = random.nextInt(30);
          buffer.add(time, histogram);
          last.put(time, histogram);
        }
        parts.add(buffer);
      }
      var expected = new TreeMap<Long, Histogram>();
      Histogram before = null;
      for (var entry : last.entrySet()) {
        Histogram now = entry.getValue();
        boolean stands = before == null || now.reset() == Reset.GAUGE || before.count() == now.count() && before.sum() + 1 == now.sum();
        expected.put(entry.getKey(), stands ? now : now.with(Reset.UNKNOWN));
        before = now;
      }
      parts.forEach(Samples::sortLastWins);
      assertEquals(expected, merged(parts));
      int pair = random.nextInt(3);
      var together = new SampleBuffer();
      Samples.mergeNewer(together, 0, parts.get(pair));
      Samples.mergeNewer(together, 0, parts.get(pair + 1));
      parts.subList(pair, pair + 2).clear();
      parts.add(pair, together);
      assertEquals(expected, merged(parts));
    }
  }

  private static TreeMap<Long, Histogram> merged(List<SampleBuffer> parts) {
    var into = new SampleBuffer();
    parts.forEach(part -> Samples.mergeNewer(into, 0, part));
    var found = new TreeMap<Long, Histogram>();
    for (int i = 0; i < into.count; i++) {
      found.put(into.timestampsMillis[i], into.histograms[i]);
    }
    return found;
  }
}
