package io.tidemark.log.segment;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Framing a record of 20,000 bytes, about 2,000 samples: nanoseconds a record.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameBenchmark {
  private final byte[] record = new byte[20_000];
  private final ByteBuffer frames = SegmentFormat.buffer(64 * 1024);

  @Setup
  public void make() {
    new Random(42).nextBytes(record);
  }

  @Benchmark
  public int frame() {
    frames.clear();
    SegmentFormat.putFrame(frames, record.length, 0, 7, record);
    return frames.position();
  }
}
