package io.tidemark.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ColumnCodecPropertyTest {
  @Test
  void keepsEveryBitOfBothColumns() {
    var random = new Random(1);
    var codec = new ColumnCodec();
    for (int round = 0; round < 5000; round++) {
      int count = 1 + random.nextInt(300);
      long[] timestamps = new long[count];
      long[] bits = new long[count];
      GorillaPropertyTest.fill(random, timestamps, bits);
      double[] values = Arrays.stream(bits).mapToDouble(Double::longBitsToDouble).toArray();
      var out = new ByteWriter(16);
      long base = random.nextLong();
      codec.writeTimes(out, base, timestamps, 0, count);
      codec.writeValues(out, values, 0, count);
      var in = new ByteReader("test", out.toByteArray());
      long[] timestampsRead = new long[count + 2];
      double[] valuesRead = new double[count + 2];
      codec.readTimes(in, base, timestampsRead, 1, count);
      codec.readValues(in, valuesRead, 1, count);
      assertEquals(0, in.remaining());
      assertArrayEquals(timestamps, Arrays.copyOfRange(timestampsRead, 1, count + 1));
      assertArrayEquals(bits, Arrays.stream(valuesRead, 1, count + 1).mapToLong(Double::doubleToRawLongBits).toArray());
    }
  }

  @Test
  void decimalsTakeAFewBytes() {
    var values = new double[480];
    var random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(5000 + 30 * random.nextGaussian()) / 100.0;
    }
    values[479] = Double.NaN;
    var out = new ByteWriter(16);
    new ColumnCodec().writeValues(out, values, 0, values.length);
    assertTrue(out.count() < values.length * 2, out.count() + " bytes");
  }

  @Test
  void damagedColumnsAreRefused() {
    var random = new Random(1);
    var codec = new ColumnCodec();
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (bytes.length > 0) {
        bytes[0] &= 3;
      }
      try {
        codec.readValues(new ByteReader("test", bytes), new double[64], 0, 64);
      } catch (TidemarkException e) {
        assertEquals(ErrorCode.CORRUPT, e.code());
      }
    }
    var cut = assertThrows(TidemarkException.class, () -> codec.readTimes(new ByteReader("x", new byte[] {1, 2}), 0, new long[9], 0, 9));
    assertTrue(cut.getMessage().startsWith("x: damaged at byte 2"), cut.getMessage());
  }
}
