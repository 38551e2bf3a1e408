package io.tidemark.query.kernel;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Kernels over a day of one series (5,760 samples, 1,440 steps, windows of 5 min; nanoseconds a sample), and the sum of 1,000
/// columns of 240 steps (nanoseconds a value).
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(KernelsBenchmark.SAMPLES)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelsBenchmark {
  static final int SAMPLES = 5_760;
  static final int STEPS = 1_440;
  static final int COLUMNS = 1_000;
  static final int COLUMN_STEPS = 240;

  private final long[] timestamps = new long[SAMPLES];
  private final double[] counter = new double[SAMPLES];
  private final double[] gauge = new double[SAMPLES];
  private final double[] out = new double[STEPS];
  private final int[] ints = new int[SAMPLES];
  private final double[] doubles = new double[2 * SAMPLES];
  private final double[][] columns = new double[COLUMNS][COLUMN_STEPS];
  private final double[] sum = new double[COLUMN_STEPS];
  private final Windows windows = new Windows(300_000, 60_000, STEPS, 300_000, 300_000, 60_000);

  @Setup
  public void make() {
    var random = new Random(42);
    double total = 0;
    for (int i = 0; i < SAMPLES; i++) {
      timestamps[i] = i * 15_000L + random.nextInt(10);
      total = random.nextInt(2_880) == 0 ? 0 : total + random.nextInt(100);
      counter[i] = total;
      gauge[i] = random.nextGaussian();
    }
    for (double[] column : columns) {
      for (int i = 0; i < COLUMN_STEPS; i++) {
        column[i] = random.nextDouble();
      }
    }
  }

  @Benchmark
  public double[] rate() {
    Rates.extrapolated(timestamps, counter, SAMPLES, windows, Rates.Kind.RATE, ints, () -> {}, out);
    return out;
  }

  @Benchmark
  public double[] sumOverTime() {
    Sums.over(timestamps, gauge, SAMPLES, windows, Sums.Kind.SUM, doubles, out);
    return out;
  }

  @Benchmark
  public double[] avgOverTime() {
    Sums.over(timestamps, gauge, SAMPLES, windows, Sums.Kind.MEAN, doubles, out);
    return out;
  }

  @Benchmark
  public double[] maxOverTime() {
    OverTime.extremum(timestamps, gauge, SAMPLES, windows, true, false, ints, out);
    return out;
  }

  @Benchmark
  public double[] latest() {
    Columns.latest(timestamps, gauge, SAMPLES, windows, out);
    return out;
  }

  @Benchmark
  @OperationsPerInvocation(COLUMNS * COLUMN_STEPS)
  public double[] sumBy() {
    var accumulator = new Accumulator(Accumulator.Kind.SUM, COLUMN_STEPS);
    for (double[] column : columns) {
      accumulator.add(column);
    }
    accumulator.finish(sum);
    return sum;
  }
}
