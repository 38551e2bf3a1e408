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

class ColumnPropertyTest {
  private static final long SEED = 77;

  /// A column and where it is.
  private record Column(long[] times, long[] bits, boolean areMultiples, int timesAt, int valuesAt) {}

  private final Random random = new Random(SEED);
  private final ColumnDecoder decoder = new ColumnDecoder();

  private Column column(ByteWriter out, ColumnEncoder encoder) {
    int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 1024 : 40);
    long[] times = new long[count];
    long[] bits = new long[count];
    if (random.nextInt(3) == 0) {
      GorillaPropertyTest.fill(random, times, bits);
    } else {
      double value = random.nextInt(1_000);
      int digits = random.nextInt(4);
      int step = 1 << random.nextInt(30);
      int divisor = random.nextBoolean() ? 1 : 4096;
      boolean isRegular = random.nextBoolean();
      long tick = random.nextBoolean() ? 1 : 10_000;
      for (int i = 0; i < count; i++) {
        times[i] = i == 0 || isRegular ? 15_000L * i + random.nextInt(3) : times[i - 1] + tick * (1 + random.nextInt(200));
        value += divisor * (random.nextInt(step) / Math.pow(10, digits));
        bits[i] = Double.doubleToRawLongBits(random.nextInt(50) == 0 ? Double.NaN : Math.rint(value * 1000) / 1000);
      }
    }
    encoder.clear();
    boolean areMultiples = encoder.addTimes(times, 0, count);
    encoder.addValues(Arrays.stream(bits).mapToDouble(Double::longBitsToDouble).toArray(), 0, count);
    encoder.learn();
    int timesAt = out.count();
    encoder.write(0, out);
    int valuesAt = out.count();
    encoder.write(1, out);
    return new Column(times, bits, areMultiples, timesAt, valuesAt);
  }

  private List<Column> columns(ByteWriter out, Codebook book) {
    var encoder = new ColumnEncoder(book);
    var columns = new ArrayList<Column>();
    for (int i = 1 + random.nextInt(12); i > 0; i--) {
      columns.add(column(out, encoder));
    }
    for (int i = 0; i < ColumnDecoder.PADDING; i++) {
      out.writeByte(random.nextInt());
    }
    return columns;
  }

  private static Codebook reread(Codebook book) {
    var bytes = new ByteWriter(16);
    book.write(bytes);
    return Codebook.read(new ByteReader("book", bytes.toByteArray()));
  }

  @Test
  void keepsEveryBitOfTheColumnsOfAPage() {
    int tables = 0;
    int multiples = 0;
    for (int round = 0; round < 1_500; round++) {
      var out = new ByteWriter(16);
      var written = new Codebook();
      List<Column> columns = columns(out, written);
      Codebook book = reread(written);
      tables += book.last();
      byte[] page = out.toByteArray();
      for (Column column : columns) {
        int count = column.times.length;
        long[] times = new long[count + 2];
        double[] values = new double[count + 2];
        decoder.readTimes(new ByteReader("page", page, column.timesAt, page.length), book, column.areMultiples, column.times[0], times, 1,
            count);
        multiples += column.areMultiples ? 1 : 0;
        decoder.readValues(new ByteReader("page", page, column.valuesAt, page.length), book, values, 1, count, count);
        assertArrayEquals(column.times, Arrays.copyOfRange(times, 1, count + 1));
        assertArrayEquals(column.bits, Arrays.stream(values, 1, count + 1).mapToLong(Double::doubleToRawLongBits).toArray());
        assertEquals(0, times[0] + times[count + 1] + values[0] + values[count + 1]);
      }
    }
    assertTrue(tables > 2_000, tables + " tables");
    assertTrue(multiples > 1_000, multiples + " columns of multiples");
  }

  @Test
  void timesThatComeNowAndThenTakeTheBitsOfTheirDistancesInTicks() {
    long[] times = new long[500];
    for (int i = 1; i < times.length; i++) {
      times[i] = times[i - 1] + 10_000L * (1 + random.nextInt(16));
    }
    var encoder = new ColumnEncoder(new Codebook());
    var out = new ByteWriter(16);
    encoder.clear();
    assertTrue(encoder.addTimes(times, 0, times.length));
    encoder.learn();
    encoder.write(0, out);
    assertTrue(out.count() < times.length * 5 / 8, out.count() + " bytes, " + times.length + " distances of four bits");
  }

  @Test
  void theFirstValuesAreReadAlone() {
    for (int round = 0; round < 1_000; round++) {
      var out = new ByteWriter(16);
      var book = new Codebook();
      List<Column> columns = columns(out, book);
      byte[] page = out.toByteArray();
      for (Column column : columns) {
        int count = column.times.length;
        int wanted = 1 + random.nextInt(count);
        double[] values = new double[count];
        decoder.readValues(new ByteReader("page", page, column.valuesAt, page.length), book, values, 0, wanted, count);
        for (int i = 0; i < count; i++) {
          assertEquals(i < wanted ? column.bits[i] : 0, Double.doubleToRawLongBits(values[i]));
        }
      }
    }
  }

  @Test
  void numbersOfEveryLengthComeBack() {
    var coder = new NumberCoder();
    for (int round = 0; round < 2_000; round++) {
      int bitsMax = 1 + random.nextInt(64);
      long[] numbers = new long[1 + random.nextInt(200)];
      Arrays.setAll(numbers, _ -> random.nextLong() >>> 64 - random.nextInt(1, bitsMax + 1));
      var book = new Codebook();
      var learned = new int[Tokens.COUNT];
      // Of what a table learned from, some tokens are missing.
      NumberCoder.count(numbers, 0, 1 + random.nextInt(numbers.length), learned);
      if (random.nextBoolean()) {
        Arrays.setAll(learned, i -> learned[i] * 1_000);
      }
      book.learn(learned);
      var out = new ByteWriter(16);
      coder.write(out, book, numbers, 0, numbers.length);
      out.writeLong(random.nextLong());
      long[] read = new long[numbers.length];
      coder.read(new ByteReader("numbers", out.toByteArray()), book, read, numbers.length, numbers.length);
      assertArrayEquals(numbers, read);
    }
  }

  @Test
  void tokensKeepOrderAndEveryBit() {
    for (int round = 0; round < 100_000; round++) {
      long number = random.nextLong() >>> random.nextInt(64);
      int token = Tokens.of(number);
      long rest = number - Tokens.least(token);
      assertTrue(token < Tokens.ESCAPE && Long.compareUnsigned(rest, 1L << Tokens.lowBits(token)) < 0, Long.toHexString(number));
      assertTrue(Tokens.of(number >>> 1) <= token);
    }
  }

  @Test
  void damageIsAnErrorOrOtherNumbers() {
    int errors = 0;
    for (int round = 0; round < 3_000; round++) {
      var out = new ByteWriter(16);
      var book = new Codebook();
      List<Column> columns = columns(out, book);
      byte[] page = out.toByteArray();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        page[random.nextInt(random.nextBoolean() ? Math.min(80, page.length) : page.length)] = (byte) random.nextInt();
      }
      byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(page, random.nextInt(page.length)) : page;
      for (Column column : columns) {
        try {
          int count = column.times.length;
          decoder.readTimes(new ByteReader("page", damaged, Math.min(column.timesAt, damaged.length), damaged.length), book,
              column.areMultiples, 0, new long[count], 0, count);
          decoder.readValues(new ByteReader("page", damaged, Math.min(column.valuesAt, damaged.length), damaged.length), book,
              new double[count], 0, count, count);
        } catch (TidemarkException e) {
          assertEquals(ErrorCode.CORRUPT, e.code());
          errors++;
        }
      }
    }
    assertTrue(errors > 1_000, errors + " errors");
  }

  @Test
  void aDamagedCodebookIsRefused() {
    int errors = 0;
    for (int round = 0; round < 2_000; round++) {
      var book = new Codebook();
      columns(new ByteWriter(16), book);
      var out = new ByteWriter(16);
      book.write(out);
      byte[] bytes = out.toByteArray();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      try {
        Codebook.read(new ByteReader("book", bytes));
      } catch (TidemarkException e) {
        assertEquals(ErrorCode.CORRUPT, e.code());
        errors++;
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
    var first = new ByteWriter(16);
    var second = new ByteWriter(16);
    for (ByteWriter out : List.of(first, second)) {
      var same = new Random(SEED);
      var encoder = new ColumnEncoder(new Codebook());
      for (int i = 0; i < 30; i++) {
        double[] values = same.doubles(100).map(v -> Math.rint(v * 1000) / 100).toArray();
        encoder.clear();
        encoder.addValues(values, 0, values.length);
        encoder.learn();
        encoder.write(0, out);
      }
    }
    assertArrayEquals(first.toByteArray(), second.toByteArray());
  }
}
