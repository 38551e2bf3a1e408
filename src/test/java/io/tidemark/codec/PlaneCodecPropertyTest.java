package io.tidemark.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlaneCodecPropertyTest {
  private static final long SEED = 77;

  /// A column and where its heads are.
  private record Column(long base, long[] times, long[] bits, int timesAt, int valuesAt) {}

  private final Random random = new Random(SEED);
  private final PlaneCodec codec = new PlaneCodec();

  private Column column(PlaneWriter out) {
    int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 1024 : 40);
    long[] times = new long[count];
    long[] bits = new long[count];
    if (random.nextInt(3) == 0) {
      GorillaPropertyTest.fill(random, times, bits);
    } else {
      double value = random.nextInt(1_000);
      int digits = random.nextInt(4);
      int step = 1 << random.nextInt(30);
      for (int i = 0; i < count; i++) {
        times[i] = 15_000L * i + random.nextInt(3);
        value += random.nextInt(step) / Math.pow(10, digits);
        bits[i] = Double.doubleToRawLongBits(random.nextInt(50) == 0 ? Double.NaN : Math.rint(value * 1000) / 1000);
      }
    }
    long base = random.nextInt(2) == 0 ? 0 : random.nextLong();
    int timesAt = out.position();
    codec.writeTimes(out, base, times, 0, count);
    int valuesAt = out.position();
    codec.writeValues(out, Arrays.stream(bits).mapToDouble(Double::longBitsToDouble).toArray(), 0, count);
    return new Column(base, times, bits, timesAt, valuesAt);
  }

  private static byte[] page(PlaneWriter out) {
    var page = new ByteWriter(out.count());
    int end = PlaneWriter.HEADER_BYTES;
    for (int i = 0; i < PlaneWriter.STREAMS; i++) {
      end += out.stream(i).count();
      page.writeInt(end);
    }
    for (int i = 0; i < PlaneWriter.STREAMS; i++) {
      page.writeBytes(out.stream(i).array(), 0, out.stream(i).count());
    }
    assertEquals(out.count(), page.count());
    return page.toByteArray();
  }

  private List<Column> columns(PlaneWriter out) {
    var columns = new ArrayList<Column>();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      columns.add(column(out));
    }
    return columns;
  }

  @Test
  void keepsEveryBitOfTheColumnsOfAPage() {
    for (int round = 0; round < 1_500; round++) {
      var out = new PlaneWriter();
      List<Column> columns = columns(out);
      byte[] page = page(out);
      for (Column column : columns) {
        int count = column.times.length;
        long[] times = new long[count + 2];
        double[] values = new double[count + 2];
        codec.readTimes(new ByteReader("page", page, column.timesAt, page.length), column.base, times, 1, count);
        codec.readValues(new ByteReader("page", page, column.valuesAt, page.length), values, 1, count);
        assertArrayEquals(column.times, Arrays.copyOfRange(times, 1, count + 1));
        assertArrayEquals(column.bits, Arrays.stream(values, 1, count + 1).mapToLong(Double::doubleToRawLongBits).toArray());
        assertEquals(0, times[0] + times[count + 1] + values[0] + values[count + 1]);
      }
    }
  }

  @Test
  void damageIsAnErrorOrOtherNumbers() {
    int errors = 0;
    for (int round = 0; round < 3_000; round++) {
      var out = new PlaneWriter();
      List<Column> columns = columns(out);
      byte[] page = page(out);
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        page[random.nextInt(random.nextBoolean() ? Math.min(80, page.length) : page.length)] = (byte) random.nextInt();
      }
      byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(page, random.nextInt(page.length)) : page;
      for (Column column : columns) {
        try {
          int count = column.times.length;
          codec.readTimes(new ByteReader("page", damaged, Math.min(column.timesAt, damaged.length), damaged.length), 0, new long[count], 0,
              count);
          codec.readValues(new ByteReader("page", damaged, Math.min(column.valuesAt, damaged.length), damaged.length), new double[count], 0,
              count);
        } catch (TidemarkException e) {
          assertEquals(ErrorCode.CORRUPT, e.code());
          errors++;
        }
      }
    }
    assertTrue(errors > 1_000, errors + " errors");
  }

  @Test
  void medianIsTheMiddleOfTheSorted() {
    for (int round = 0; round < 3_000; round++) {
      long[] numbers = random.longs(1 + random.nextInt(60), -random.nextInt(50) - 1, random.nextInt(50) + 1).toArray();
      long[] sorted = numbers.clone();
      Arrays.sort(sorted);
      assertEquals(sorted[sorted.length / 2], Median.of(numbers, numbers.length));
    }
  }

  @Test
  void equalColumnsHaveEqualBytes() {
    double[] values = random.doubles(100).map(v -> Math.rint(v * 1000) / 100).toArray();
    var first = new PlaneWriter();
    var second = new PlaneWriter();
    codec.writeValues(first, values, 0, values.length);
    new PlaneCodec().writeValues(second, values.clone(), 0, values.length);
    assertArrayEquals(page(first), page(second));
  }
}
