package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import java.util.ArrayList;
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
    return (buffer.hasHistograms() && buffer.histograms[i] != null ? buffer.histograms[i] : buffer.values[i]) + " from "
        + (buffer.hasStarts() ? buffer.startsMillis[i] : 0);
  }
}
