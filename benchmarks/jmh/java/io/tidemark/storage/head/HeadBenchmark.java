package io.tidemark.storage.head;

import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchReader;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.SinkLog;
import io.tidemark.model.LabelSet;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.DirectLoop;
import io.tidemark.time.Entropy;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Applies a decoded batch of 2,000 samples of known series, later each time, all in one window: nanoseconds and bytes a sample. `apply` has one
/// sample of each series, `applyRuns` has {@link #RUN} of each, one after another, as they come when times past are sent.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(HeadBenchmark.SERIES)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeadBenchmark {
  static final int SERIES = 2_000;
  private static final int RUN = 100;
  private final BatchReader reader = new BatchReader();
  private final BatchReader runsReader = new BatchReader();
  private Head head;

  @Setup(Level.Iteration)
  public void make() {
    head = new Head(new DirectLoop(), new HeadLimits(Integer.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, 100_000, 0), Entropy.system(),
        new Metrics(), "0");
    var log = new SinkLog(1);
    var writer = new BatchWriter(log, 1, BatchLimits.DEFAULT, Clock.system(), new Metrics());
    for (int i = 0; i < SERIES; i++) {
      LabelSet labels = LabelSet.of("__name__", "x_total", "env", "production", "host", "host-" + i / 100, "i", Integer.toString(i));
      writer.add(writer.define(labels), 1_700_000_000_000L, i);
    }
    writer.flush();
    reader.read(log.last(0));
    head.apply(reader);
    for (int i = 0; i < SERIES; i++) {
      LabelSet labels = LabelSet.of("__name__", "y_total", "env", "production", "i", Integer.toString(i / RUN));
      writer.add(writer.define(labels), 1_700_000_000_000L + i % RUN * 15_000L, i);
    }
    writer.flush();
    runsReader.read(log.last(0));
    head.apply(runsReader);
  }

  @Benchmark
  public void apply() {
    applyLater(reader, 15_000);
  }

  @Benchmark
  public void applyRuns() {
    applyLater(runsReader, RUN * 15_000L);
  }

  private void applyLater(BatchReader reader, long millis) {
    long[] timestamps = reader.timestampsMillis();
    long[] bits = reader.valueBits();
    for (int i = 0; i < SERIES; i++) {
      timestamps[i] += millis;
      // A counter that grows by 19 to 81 each time.
      long ticks = timestamps[i] / 15_000 & 0xffff_ffffL;
      bits[i] = Double.doubleToRawLongBits(ticks * 50 + (ticks * 31 & 31));
    }
    head.apply(reader);
  }
}
