package io.tidemark.codec;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Value columns of blocks, 480 samples each, 2,000 of them in one page: nanoseconds and bytes a sample.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ColumnBenchmark.COLUMNS * ColumnBenchmark.SAMPLES)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ColumnBenchmark {
  static final int COLUMNS = 2_000;
  static final int SAMPLES = 480;

  /// An integer counter; a gauge with two decimals; a gauge that moves by pages of 4,096; a float with all its bits.
  @Param({"counter", "gauge", "pages", "full"})
  public String data;

  private final double[][] values = new double[COLUMNS][SAMPLES];
  private final double[] read = new double[SAMPLES];
  private final int[] places = new int[COLUMNS];
  private final Codebook book = new Codebook();
  private final ColumnDecoder decoder = new ColumnDecoder();
  private final ByteWriter out = new ByteWriter(1 << 20);
  private byte[] page;

  @Setup
  public void make() {
    var random = new Random(42);
    for (double[] column : values) {
      double value = 1_000_000;
      int width = 1 << random.nextInt(8);
      for (int i = 0; i < SAMPLES; i++) {
        value = switch (data) {
          case "counter" -> value + width + random.nextInt(width);
          case "gauge" -> Math.round((value + random.nextGaussian() * width) * 100) / 100.0;
          case "pages" -> value + 4_096 * (random.nextInt(2 * width) - width);
          case "full" -> value + random.nextDouble() * width;
          default -> throw new IllegalArgumentException(data);
        };
        column[i] = value;
      }
    }
    write(new ColumnEncoder(book));
    page = out.toByteArray();
    System.out.printf("%s: %.2f bits a sample, %d tables%n", data, page.length * 8.0 / COLUMNS / SAMPLES, book.last());
  }

  private void write(ColumnEncoder encoder) {
    out.clear();
    for (int i = 0; i < COLUMNS; i++) {
      encoder.clear();
      encoder.addValues(values[i], 0, SAMPLES);
      encoder.learn();
      places[i] = out.count();
      encoder.write(0, out);
    }
    out.writeLong(0);
  }

  @Benchmark
  public int encode() {
    write(new ColumnEncoder(new Codebook()));
    return out.count();
  }

  @Benchmark
  public double decode() {
    double sum = 0;
    for (int place : places) {
      decoder.readValues(new ByteReader("page", page, place, page.length), book, read, 0, SAMPLES, SAMPLES);
      sum += read[SAMPLES - 1];
    }
    return sum;
  }
}
