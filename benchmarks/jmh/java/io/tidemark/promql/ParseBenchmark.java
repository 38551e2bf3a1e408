package io.tidemark.promql;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Text to a checked tree.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ParseBenchmark {
  private static final String TYPICAL = "histogram_quantile(0.99, sum by (le, handler) (rate(http_request_duration_seconds_bucket"
      + "{job=\"api\", env=~\"prod.*\", status!~\"5..\"}[5m]))) > 0.25";
  private static final String SHORT = "up{job=\"node\"}";

  @Benchmark
  public Expr typical() {
    return PromQL.parse(TYPICAL, Features.STANDARD);
  }

  @Benchmark
  public Expr selector() {
    return PromQL.parse(SHORT, Features.STANDARD);
  }
}
