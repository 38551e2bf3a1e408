package io.tidemark.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkPropertyTest {
  @Test
  void keepsEveryBitOfEverySample() {
    var random = new Random(1);
    for (int round = 0; round < 30000; round++) {
      int count = 1 + random.nextInt(200);
      long[] timestamps = new long[count];
      long[] bits = new long[count];
      GorillaPropertyTest.fill(random, timestamps, bits);
      var slabs = new Slabs();
      var encoder = new ChunkEncoder(slabs);
      long[] state = new long[ChunkEncoder.STATE_WORDS * 2];
      int piece = encoder.begin(state, 0, timestamps[0], bits[0]);
      encoder.begin(state, ChunkEncoder.STATE_WORDS, timestamps[0], bits[0]);
      for (int i = 1; i < count; i++) {
        encoder.append(state, 0, timestamps[i], bits[i]);
        encoder.append(state, ChunkEncoder.STATE_WORDS, timestamps[i], random.nextLong());
      }
      long[] t = new long[count + 1];
      double[] v = new double[count + 1];
      var decoder = new ChunkDecoder(slabs);
      decoder.takeTail(state, 0);
      decoder.decode(piece, count, t, v, 1);
      for (int i = 0; i < count; i++) {
        assertEquals(timestamps[i], t[i + 1], "round " + round + " sample " + i);
        assertEquals(bits[i], Double.doubleToRawLongBits(v[i + 1]), "round " + round + " sample " + i);
      }
    }
  }
}
