package io.tidemark.api.remoteread;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class XorChunkTest {
  private final XorChunk chunk = new XorChunk();

  private byte[] encoded(long[] timestamps, double[] values, int from, int to) {
    ChunkBits bits = chunk.encode(timestamps, values, from, to);
    return Arrays.copyOf(bits.array(), bits.count());
  }

  /// By hand from the description: three samples a minute apart with the value 1, then one a millisecond late with 2.
  @Test
  void writesTheBytesThatTheDescriptionGives() {
    byte[] bytes = encoded(new long[] {1000, 61_000, 121_000, 181_001}, new double[] {1, 1, 1, 2}, 0, 4);
    // 0004 · d00f (1000 zigzag) · 3ff0… · e0d403 (60000) · 0 · 0 0 · 10 00000000000001 · 11 00001 001011 11111111111
    String bits = "0" + "0" + "0" + "10" + "00000000000001" + "11" + "00001" + "001011" + "11111111111";
    var tail = new StringBuilder();
    for (int i = 0; i < bits.length(); i += 8) {
      String octet = (bits.substring(i, Math.min(bits.length(), i + 8)) + "0000000").substring(0, 8);
      tail.append(HexFormat.of().toHexDigits((byte) Integer.parseInt(octet, 2)));
    }
    assertEquals("0004" + "d00f" + "3ff0000000000000" + "e0d403" + tail, HexFormat.of().formatHex(bytes));
  }

  @Test
  void keepsEveryTimeAndEveryBitOfTheValues() {
    var random = new Random(7);
    for (int round = 0; round < 400; round++) {
      int count = 1 + random.nextInt(120);
      int from = random.nextInt(3);
      long[] timestamps = new long[from + count];
      double[] values = new double[from + count];
      long time = random.nextLong() >> random.nextInt(20, 60);
      int spread = random.nextInt(1, 50);
      for (int i = 0; i < timestamps.length; i++) {
        time += 1 + (random.nextInt(4) == 0 ? random.nextLong() >>> 64 - spread : 15_000);
        timestamps[i] = time;
        values[i] = switch (round % 4) {
          case 0 -> Double.longBitsToDouble(random.nextLong());
          case 1 -> random.nextInt(3);
          case 2 -> i * 0.1;
          default -> random.nextBoolean() ? Double.NaN : Double.longBitsToDouble(0x7ff0000000000002L);
        };
      }
      List<XorChunkReader.Sample> expected = new ArrayList<>();
      for (int i = from; i < timestamps.length; i++) {
        expected.add(new XorChunkReader.Sample(timestamps[i], Double.doubleToRawLongBits(values[i])));
      }
      assertEquals(expected, XorChunkReader.read(encoded(timestamps, values, from, timestamps.length)), "round " + round);
    }
  }
}
