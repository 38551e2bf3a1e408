package io.tidemark.api.prometheus;

import io.tidemark.api.Piece;
import io.tidemark.model.LabelSet;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.QueryResult;
import io.tidemark.query.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

/// The answer of a range query: 1,000 series of 1,000 points, piece by piece as it is sent; nanoseconds a point.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(AnswerBodyBenchmark.SERIES * AnswerBodyBenchmark.POINTS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AnswerBodyBenchmark {
  static final int SERIES = 1_000;
  static final int POINTS = 1_000;

  /// Whole numbers; two decimals; all bits of a float, as rates have.
  @Param({"integer", "decimal", "full"})
  public String values;

  private final Piece piece = new Piece(64 * 1024);
  private QueryResult result;

  @Setup
  public void make() {
    var random = new Random(42);
    List<Value.Series> series = new ArrayList<>();
    for (int s = 0; s < SERIES; s++) {
      long[] timestamps = new long[POINTS];
      double[] column = new double[POINTS];
      for (int i = 0; i < POINTS; i++) {
        timestamps[i] = 1_700_000_000_000L + i * 15_000L;
        column[i] = switch (values) {
          case "integer" -> random.nextInt(1_000_000);
          case "decimal" -> random.nextInt(1_000_000) / 100.0;
          case "full" -> random.nextDouble() * 100;
          default -> throw new IllegalArgumentException(values);
        };
      }
      series.add(new Value.Series(LabelSet.of("__name__", "x", "instance", "host-" + s), timestamps, column, POINTS));
    }
    result = new QueryResult(new Value.Matrix(series), List.of(), List.of(),
        new QueryResult.Stats(0, 0, SERIES, 0, 0, 0, 0, new long[0], List::of));
  }

  @Benchmark
  public long matrix() {
    var body = new AnswerBody(result, QueryRequest.range("x", 0, 1, 1), Optional.empty(), Optional.empty());
    long bytes = 0;
    boolean more = true;
    while (more) {
      piece.clear();
      more = body.next(piece);
      bytes += piece.count();
    }
    return bytes;
  }
}
