package io.tidemark.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.Histogram.Buckets;
import io.tidemark.model.Histogram.Reset;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramCodecPropertyTest {
  private static List<Histogram> series(Random random) {
    var all = new ArrayList<Histogram>();
    Histogram next = Histograms.any(random);
    for (int i = random.nextInt(150); i >= 0; i--) {
      all.add(next);
      next = Histograms.next(random, next);
    }
    return all;
  }

  @Test
  void oneAsBytesKeepsEveryBit() {
    var random = new Random(1);
    for (int round = 0; round < 5_000; round++) {
      Histogram h = Histograms.any(random);
      h.check();
      var out = new ByteWriter(16);
      HistogramBytes.write(out, h);
      var in = new ByteReader("test", out.toByteArray());
      assertEquals(h, HistogramBytes.read(in));
      assertEquals(0, in.remaining());
    }
  }

  @Test
  void columnsKeepEveryBit() {
    var random = new Random(2);
    var columns = new HistogramColumns();
    for (int round = 0; round < 1_000; round++) {
      Histogram[] all = series(random).toArray(Histogram[]::new);
      var out = new ByteWriter(16);
      columns.write(out, all, 0, all.length);
      var in = new ByteReader("test", out.toByteArray());
      var read = new Histogram[all.length + 1];
      columns.read(in, read, 1, all.length);
      assertEquals(0, in.remaining());
      assertEquals(List.of(all), Arrays.asList(read).subList(1, read.length), "round " + round);
    }
  }

  @Test
  void bitsKeepEveryBitAndAReaderGoesOnAsTheWriter() {
    var random = new Random(3);
    for (int round = 0; round < 1_000; round++) {
      List<Histogram> all = series(random);
      var ordinals = new ArrayList<Long>();
      long ordinal = -1;
      for (int i = 0; i < all.size(); i++) {
        ordinal += random.nextInt(5) > 0 ? 1 : 1 + random.nextInt(100);
        ordinals.add(ordinal);
      }
      var slabs = new Slabs();
      var out = new BitWriter(slabs);
      int first = slabs.allocate();
      out.resume(first, 64);
      var writer = new HistogramBits();
      int half = all.size() / 2;
      for (int i = 0; i < half; i++) {
        writer.write(out, ordinals.get(i), all.get(i));
      }
      var goesOn = new HistogramBits();
      var in = new BitReader(slabs);
      in.seek(first, 64);
      for (int i = 0; i < half; i++) {
        goesOn.step(in);
      }
      for (int i = half; i < all.size(); i++) {
        goesOn.write(out, ordinals.get(i), all.get(i));
      }
      var reader = new HistogramBits();
      in.seek(first, 64);
      for (int i = 0; i < all.size(); i++) {
        reader.step(in);
        assertEquals(all.get(i), reader.histogram(), "round " + round + " entry " + i);
        assertEquals(ordinals.get(i), reader.ordinal());
      }
    }
  }

  @Test
  void damageIsRefused() {
    var random = new Random(4);
    for (int round = 0; round < 20_000; round++) {
      var out = new ByteWriter(16);
      boolean one = random.nextBoolean();
      int count = 1 + random.nextInt(4);
      if (one) {
        HistogramBytes.write(out, Histograms.any(random));
      } else {
        new HistogramColumns().write(out, random.ints(count).mapToObj(_ -> Histograms.any(random)).toArray(Histogram[]::new), 0, count);
      }
      byte[] bytes = out.toByteArray();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      var in = new ByteReader("test", bytes, 0, bytes.length - random.nextInt(2));
      try {
        if (one) {
          HistogramBytes.read(in);
        } else {
          new HistogramColumns().read(in, new Histogram[count], 0, count);
        }
      } catch (TidemarkException e) {
        assertEquals(ErrorCode.CORRUPT, e.code(), e.getMessage());
      }
    }
  }

  @Test
  void moreBucketsThanAnyFormatHoldsAreRefused() {
    var indexes = new int[HistogramBytes.BUCKETS_MAX + 1];
    for (int i = 0; i < indexes.length; i++) {
      indexes[i] = i;
    }
    var large = new Histogram(0, 0, 0, 0, 0, new Buckets(indexes, new double[indexes.length]), Buckets.NONE, new double[0], Reset.NO);
    assertEquals(ErrorCode.TOO_LARGE, assertThrows(TidemarkException.class, () -> HistogramBytes.write(new ByteWriter(16), large)).code());
  }

  @Test
  void goldenBytes() {
    var h = new Histogram(3, 12, 2.5, 0.001, 2, new Buckets(new int[] {-1, 0, 4}, new double[] {3, 4, 2}),
        new Buckets(new int[] {2}, new double[] {1}), new double[0], Reset.NO);
    var out = new ByteWriter(16);
    HistogramBytes.write(out, h);
    assertEquals("05" + "06" + "fca9f1d24d62503f" + "00" + "03010104" + "0104" + "0000000000000440" + "0c02" + "06020301",
        HexFormat.of().formatHex(out.toByteArray()));
    var custom = new Histogram(Histogram.CUSTOM_SCHEMA, 1.5, 3, 0, 0, new Buckets(new int[] {1}, new double[] {1.5}), Buckets.NONE,
        new double[] {0.5, 1}, Reset.GAUGE);
    out.clear();
    HistogramBytes.write(out, custom);
    assertEquals("06" + "69" + "0000000000000000" + "02000000000000e03f000000000000f03f" + "0102" + "00" + "0000000000000840"
        + "000000000000f83f0000000000000000000000000000f83f", HexFormat.of().formatHex(out.toByteArray()));
  }

  /// The figures that docs/formats quote.
  @Test
  void aLatencyHistogramTakesFewBytes() {
    int steps = 240;
    var all = new Histogram[steps];
    for (int i = 0; i < steps; i++) {
      all[i] = Histograms.latency(i);
    }
    var slabs = new Slabs();
    var bits = new BitWriter(slabs);
    var alone = new ByteWriter(16);
    var encoder = new HistogramBits();
    for (int i = 0; i < steps; i++) {
      if (i % 120 == 0) {
        bits.resume(slabs.allocate(), 64);
        encoder.begin();
      }
      encoder.write(bits, i, all[i]);
      HistogramBytes.write(alone, all[i]);
    }
    var columns = new ByteWriter(16);
    new HistogramColumns().write(columns, all, 0, steps);
    double head = slabs.pieces() * 64.0 / steps;
    double log = (double) alone.count() / steps;
    double block = (double) Zstd.compress(columns.toByteArray(), 3).length / steps;
    System.out.printf("latency histogram, %d buckets at the end: head %.1f, log %.1f, block %.1f bytes a sample%n",
        all[steps - 1].positive().count(), head, log, block);
    assertTrue(head < 80 && log < 160 && block < 60, head + " " + log + " " + block);
  }
}
