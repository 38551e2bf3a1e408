package io.tidemark.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
