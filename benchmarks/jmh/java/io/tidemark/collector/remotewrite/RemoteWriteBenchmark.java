package io.tidemark.collector.remotewrite;

import io.tidemark.codec.ByteWriter;
import io.tidemark.collector.CardinalityConfig;
import io.tidemark.collector.SeriesBudgets;
import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.Batcher;
import io.tidemark.collector.admit.BatcherLimits;
import io.tidemark.collector.admit.SampleLimits;
import io.tidemark.collector.admit.SeriesHash;
import io.tidemark.collector.admit.Tally;
import io.tidemark.log.BatchLimits;
import io.tidemark.log.BatchWriter;
import io.tidemark.log.SinkLog;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.DirectLoop;
import io.tidemark.time.Entropy;
import java.io.IOException;
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
import org.xerial.snappy.Snappy;

/// A remote-write body of 2,000 series with ten labels and one sample each, from its bytes to encoded log records: nanoseconds and
/// bytes a sample.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(RemoteWriteBenchmark.SERIES)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RemoteWriteBenchmark {
  static final int SERIES = 2_000;
  /// Series that the table knows besides, so that it does not fit the nearest cache.
  private static final int OTHER_SERIES = 48_000;

  /// A collector of one loop with a log that takes everything.
  static final class Collector {
    final Admission admission;
    final RemoteWriteDecoder decoder;

    Collector() {
      var metrics = new Metrics();
      var writer = new BatchWriter(new SinkLog(2), 1, BatchLimits.DEFAULT, Clock.system(), metrics);
      var batcher = new Batcher(writer, new DirectLoop(), BatcherLimits.DEFAULT, Clock.system(), metrics);
      var budgets = new SeriesBudgets(CardinalityConfig.of(1L << 32), Clock.system(), Entropy.seeded(43), metrics);
      admission = new Admission(batcher, SampleLimits.DEFAULT, budgets, Clock.system());
      decoder = new RemoteWriteDecoder(admission, new SeriesHash(Entropy.seeded(42)));
    }

    long take(byte[] message, int length) {
      var tally = new Tally();
      admission.begin(tally);
      decoder.decode(message, length);
      admission.finish();
      return tally.accepted();
    }
  }

  @State(Scope.Thread)
  public static class Known {
    final Collector collector = new Collector();
    final SnappyBlock snappy = new SnappyBlock();
    byte[] message;
    byte[] body;

    @Setup
    public void make() throws IOException {
      message = message(0, SERIES);
      body = Snappy.compress(message);
      System.out.printf("%d bytes a sample, %d as sent%n", message.length / SERIES, body.length / SERIES);
      collector.take(message, message.length);
      for (int from = SERIES; from < SERIES + OTHER_SERIES; from += SERIES) {
        byte[] other = message(from, SERIES);
        collector.take(other, other.length);
      }
    }
  }

  @State(Scope.Thread)
  public static class Fresh {
    byte[] message;
    Collector collector;

    @Setup
    public void make() {
      message = message(0, SERIES);
    }

    @Setup(Level.Invocation)
    public void renew() {
      collector = new Collector();
    }
  }

  static byte[] message(int from, int count) {
    var out = new ByteWriter(1 << 20);
    var series = new ByteWriter(1 << 10);
    long now = System.currentTimeMillis();
    for (int i = from; i < from + count; i++) {
      series.clear();
      int host = i / 100;
      label(series, "__name__", "http_request_duration_seconds_bucket");
      label(series, "dc", "eu-west-1a");
      label(series, "env", "production");
      label(series, "handler", "/api/v1/items/" + i % 100);
      label(series, "host", "host-" + (10_000 + host));
      label(series, "instance", "host-" + (10_000 + host) + ".eu-west-1.internal:9100");
      label(series, "job", "checkout");
      label(series, "le", "0.25");
      label(series, "rack", "r" + host % 20);
      label(series, "region", "eu-west-1");
      series.writeByte(0x12);
      series.writeByte(9 + 1 + 6);
      series.writeByte(0x09);
      series.writeLong(Double.doubleToRawLongBits(i * 1.25));
      series.writeByte(0x10);
      series.writeVarint(now);
      out.writeByte(0x0a);
      out.writeVarint(series.count());
      out.writeBytes(series.array(), 0, series.count());
    }
    return out.toByteArray();
  }

  private static void label(ByteWriter series, String name, String value) {
    series.writeByte(0x0a);
    series.writeVarint(4 + name.length() + value.length());
    series.writeByte(0x0a);
    series.writeText(name);
    series.writeByte(0x12);
    series.writeText(value);
  }

  @Benchmark
  public int inflate(Known state) {
    return state.snappy.inflate(state.body, 64 << 20);
  }

  @Benchmark
  public long known(Known state) {
    return state.collector.take(state.message, state.message.length);
  }

  @Benchmark
  public long fresh(Fresh state) {
    return state.collector.take(state.message, state.message.length);
  }
}
