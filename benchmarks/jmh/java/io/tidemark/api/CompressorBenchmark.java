package io.tidemark.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// A range answer of 4 MiB through each compressor and level, piece by piece; milliseconds an answer, and the percentage that is sent.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CompressorBenchmark {
  private static final int BYTES = 4 * 1024 * 1024;

  @Param({"GZIP 1", "GZIP 2", "GZIP 4", "GZIP 6", "ZSTD -3", "ZSTD -1", "ZSTD 1", "ZSTD 2", "ZSTD 3", "ZSTD 6"})
  public String coder;

  /// Whole numbers that grow, as counters; all bits of a float, as rates have.
  @Param({"integer", "full"})
  public String values;

  private final List<Piece> pieces = new ArrayList<>();
  private Compression kind = Compression.NONE;
  private int level;

  /// The size of what comes out, of what goes in.
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Sent {
    public double percent;

    @Setup(Level.Iteration)
    public void clear() {
      percent = 0;
    }
  }

  @Setup
  public void make() {
    kind = Compression.valueOf(coder.substring(0, 4));
    level = Integer.parseInt(coder.substring(5));
    var random = new Random(42);
    var text = new StringBuilder();
    for (int s = 0; text.length() < BYTES; s++) {
      text.append("{\"metric\":{\"__name__\":\"http_requests_total\",\"instance\":\"host-").append(s).append("\"},\"values\":[");
      long count = random.nextInt(1_000_000);
      for (int i = 0; i < 240; i++) {
        count += random.nextInt(500);
        text.append(i == 0 ? "[" : ",[").append(1_700_000_000 + i * 15).append(",\"");
        text.append(values.equals("integer") ? String.valueOf(count) : String.valueOf(random.nextDouble() * 100)).append("\"]");
      }
      text.append("]}");
    }
    for (int at = 0; at < BYTES; at += Body.PIECE_BYTES) {
      var piece = new Piece(Body.PIECE_BYTES);
      piece.add(text.substring(at, at + Body.PIECE_BYTES));
      pieces.add(piece);
    }
  }

  @Benchmark
  public long compress(Sent sent) {
    long bytes = 0;
    try (var compressor = new Compressor(kind, level)) {
      for (int i = 0; i < pieces.size(); i++) {
        bytes += compressor.compress(pieces.get(i), i == pieces.size() - 1).count();
      }
    }
    sent.percent = 100.0 * bytes / BYTES;
    return bytes;
  }
}
