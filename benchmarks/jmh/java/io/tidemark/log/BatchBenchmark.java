package io.tidemark.log;

import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
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

/// Batch records of 2,000 samples of known series: writing, checksum included, and reading; nanoseconds and bytes a sample.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(BatchBenchmark.SAMPLES)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BatchBenchmark {
  static final int SAMPLES = 2_000;
  private final SinkLog log = new SinkLog(1);
  private final BatchWriter writer = new BatchWriter(log, 1, BatchLimits.DEFAULT, Clock.system(), new Metrics());
  private final BatchReader reader = new BatchReader();
  private byte[] record;

  @Setup
  public void make() {
    for (int i = 0; i < SAMPLES; i++) {
      int handle = writer.define(0, i, LabelSet.of("__name__", "x", "i", Integer.toString(i)));
      writer.add(handle, 1_700_000_000_000L, i * 1.25);
    }
    writer.flush();
    write();
    record = log.last(0);
    System.out.printf("%.1f bytes a sample in the record%n", (double) record.length / SAMPLES);
  }

  @Benchmark
  public Object write() {
    for (int i = 0; i < SAMPLES; i++) {
      writer.add(writer.find(0, i), 1_700_000_000_000L + i / 100, i * 1.25);
    }
    return writer.flush();
  }

  @Benchmark
  public int read() {
    reader.read(record);
    return reader.samples();
  }
}
