package io.tidemark.codec;

import fi.iki.yak.ts.compression.gorilla.GorillaCompressor;
import fi.iki.yak.ts.compression.gorilla.GorillaDecompressor;
import fi.iki.yak.ts.compression.gorilla.LongArrayInput;
import fi.iki.yak.ts.compression.gorilla.LongArrayOutput;
import fi.iki.yak.ts.compression.gorilla.Pair;
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

/// Chunks of 120 samples, 15 s apart: nanoseconds and bytes a sample. `encode` takes them as one run, `encodeOneByOne` as scrapes bring
/// them; what they allocate is the encoded data itself. `library…` does the same with `fi.iki.yak:compression-gorilla`.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(GorillaBenchmark.SAMPLES)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GorillaBenchmark {
  static final int SAMPLES = 120;
  private static final int CHUNKS_PER_SLABS = 4096;

  /// An integer counter; a gauge with two decimals; a counter whose scrapes are up to 5 ms off; a float with all its bits.
  @Param({"counter", "gauge", "jitter", "full"})
  public String data;

  private final long[] timestamps = new long[SAMPLES];
  private final long[] values = new long[SAMPLES];
  private final long[] state = new long[ChunkEncoder.STATE_WORDS];
  private final long[] timestampsOut = new long[SAMPLES];
  private final double[] valuesOut = new double[SAMPLES];
  private ChunkEncoder encoder = new ChunkEncoder(new Slabs());
  private int chunks;
  private ChunkDecoder decoder;
  private int first;
  private long[] ofLibrary;

  @Setup
  public void make() {
    var random = new Random(42);
    double value = 1000;
    for (int i = 0; i < SAMPLES; i++) {
      timestamps[i] = 1_700_000_000_000L + i * 15_000L + (data.equals("jitter") ? random.nextInt(11) - 5 : 0);
      value = switch (data) {
        case "counter", "jitter" -> value + random.nextInt(100);
        case "gauge" -> Math.round((value + random.nextGaussian()) * 100) / 100.0;
        case "full" -> value + random.nextDouble();
        default -> throw new IllegalArgumentException(data);
      };
      values[i] = Double.doubleToRawLongBits(value);
    }
    var slabs = new Slabs();
    encoder = new ChunkEncoder(slabs);
    first = append();
    decoder = new ChunkDecoder(slabs);
    decoder.takeTail(state, 0);
    int pieces = slabs.pieces();
    long bits = (pieces - 1L) * Slabs.PIECE_BITS + ((int) state[ChunkEncoder.PLACE] >>> 20);
    System.out.printf("%s: %.1f bits a sample with headers and links, %d bytes a chunk%n", data, (double) bits / SAMPLES, pieces * 64);
    ofLibrary = libraryEncode();
    System.out.printf("%s: %.1f bits a sample by the library%n", data, ofLibrary.length * 64.0 / SAMPLES);
    if (decode() != libraryDecode()) {
      throw new IllegalStateException("the library decodes something else");
    }
  }

  @Benchmark
  public int encode() {
    if (chunks++ % CHUNKS_PER_SLABS == 0) {
      encoder = new ChunkEncoder(new Slabs());
    }
    return append();
  }

  private int append() {
    int piece = encoder.begin(state, 0, timestamps[0], values[0]);
    encoder.append(state, 0, timestamps, values, 1, SAMPLES);
    return piece;
  }

  @Benchmark
  public int encodeOneByOne() {
    if (chunks++ % CHUNKS_PER_SLABS == 0) {
      encoder = new ChunkEncoder(new Slabs());
    }
    int piece = encoder.begin(state, 0, timestamps[0], values[0]);
    for (int i = 1; i < SAMPLES; i++) {
      encoder.append(state, 0, timestamps[i], values[i]);
    }
    return piece;
  }

  @Benchmark
  public long decode() {
    decoder.decode(first, SAMPLES, timestampsOut, valuesOut, 0);
    long sum = 0;
    for (int i = 1; i < SAMPLES; i++) {
      sum += timestampsOut[i] ^ Double.doubleToRawLongBits(valuesOut[i]);
    }
    return sum;
  }

  @Benchmark
  public long[] libraryEncode() {
    var bits = new LongArrayOutput();
    var compressor = new GorillaCompressor(timestamps[0], bits);
    for (int i = 0; i < SAMPLES; i++) {
      compressor.addValue(timestamps[i], values[i]);
    }
    compressor.close();
    return bits.getLongArray();
  }

  @Benchmark
  public long libraryDecode() {
    var decompressor = new GorillaDecompressor(new LongArrayInput(ofLibrary));
    decompressor.readPair();
    long sum = 0;
    for (int i = 1; i < SAMPLES; i++) {
      Pair pair = decompressor.readPair();
      sum += pair.getTimestamp() ^ pair.getLongValue();
    }
    return sum;
  }
}
