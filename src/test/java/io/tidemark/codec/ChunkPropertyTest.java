package io.tidemark.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChunkPropertyTest {
  private static final int PIECES_OF_SLAB = 512;
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final double[] ODD = {0.0, -0.0, 1, -1, 0.1, 0.3, 0.1 + 0.2, 1e-9, 1e9, 0x1p51, 0x1p52 + 1, 0x1p53 + 2, -0x1p53, 1e22,
      1e300, Double.MIN_VALUE, Double.MAX_VALUE, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN,
      Double.longBitsToDouble(Stale.BITS), Float.MIN_VALUE, 1.1f, 9007199254740993.0 / 10,
      4503599627370497.5, 0.30000000000000004, 123456789.123456789};

  /// Besides what {@link GorillaPropertyTest#fill} makes: odd values in turn, decimals of changing length, halves, values that go on as the
  /// one before does.
  private static void fill(Random random, long[] timestamps, long[] bits) {
    GorillaPropertyTest.fill(random, timestamps, bits);
    int kind = random.nextInt(8);
    double level = Math.scalb(random.nextGaussian(), random.nextInt(80) - 20);
    for (int i = 0; i < bits.length; i++) {
      level = switch (kind) {
        case 0 -> ODD[random.nextInt(ODD.length)];
        case 1 -> random.nextInt(1_000_000) / Math.pow(10, random.nextInt(12));
        case 2 -> i % 2 == 0 ? i : random.nextDouble();
        case 3 -> random.nextInt(4) == 0 ? level + Math.ulp(level) * random.nextInt(5) : level;
        case 4 -> (float) (level + random.nextGaussian());
        default -> level;
      };
      if (kind < 5) {
        bits[i] = Double.doubleToRawLongBits(level);
      }
    }
  }

  /// Reads the first `count` samples of a chunk and compares.
  private static void check(ChunkDecoder decoder, int piece, int count, long[] timestamps, long[] bits) {
    var readTimestamps = new long[count + 1];
    var readValues = new double[count + 1];
    decoder.decode(piece, count, readTimestamps, readValues, 1);
    for (int i = 0; i < count; i++) {
      assertEquals(timestamps[i], readTimestamps[i + 1]);
      assertEquals(bits[i], Double.doubleToRawLongBits(readValues[i + 1]));
    }
  }

  /// Two chunks side by side, so that their pieces alternate; read while they are open, after they were taken from a copy of slabs that
  /// had gone on, and after they have ended.
  @Test
  void keepsEveryBitOfEverySample() {
    var random = new Random(1);
    for (int round = 0; round < 4000; round++) {
      int count = 1 + random.nextInt(150);
      var timestamps = new long[count];
      var bits = new long[count];
      fill(random, timestamps, bits);
      var otherTimestamps = new long[count];
      var otherBits = new long[count];
      fill(random, otherTimestamps, otherBits);
      var slabs = new Slabs();
      if (round % 8 == 0) {
        // Into the next slab, so that links of the copy may lead to one that it lacks.
        int before = PIECES_OF_SLAB - random.nextInt(20);
        IntStream.range(0, before).forEach(_ -> slabs.allocate());
      }
      var encoder = new ChunkEncoder(slabs);
      var state = new long[ChunkEncoder.STATE_WORDS * 2];
      int other = ChunkEncoder.STATE_WORDS;
      int piece = encoder.begin(state, 0, timestamps[0], bits[0]);
      int otherPiece = encoder.begin(state, other, otherTimestamps[0], otherBits[0]);
      int copyAt = random.nextInt(count);
      var copy = new ByteWriter(64);
      int pieces = 0;
      for (int i = 0; i < count; i++) {
        if (i > 0) {
          encoder.append(state, 0, timestamps[i], bits[i]);
          encoder.append(state, other, otherTimestamps[i], otherBits[i]);
        }
        if (i == copyAt) {
          ChunkEncoder.writeState(state, 0, timestamps[0], copy);
          pieces = slabs.pieces();
        }
      }
      var decoder = new ChunkDecoder(slabs);
      decoder.takeTail(state, 0);
      check(decoder, piece, 1 + random.nextInt(count), timestamps, bits);
      check(decoder, piece, count, timestamps, bits);
      encoder.end(state, other);
      check(new ChunkDecoder(slabs), otherPiece, count, otherTimestamps, otherBits);
      goesOnFromACopy(random, slabs, pieces, copy, copyAt + 1, piece, timestamps, bits);
    }
  }

  /// Runs of any length between single samples, beside another chunk in the same slabs: the same bits and state, to be read on the way.
  @Test
  void runsComeToTheSameBits() {
    var random = new Random(4);
    for (int round = 0; round < 6000; round++) {
      int count = 1 + random.nextInt(300);
      var timestamps = new long[count];
      var bits = new long[count];
      fill(random, timestamps, bits);
      if (random.nextBoolean()) {
        // Another kind of samples in the middle.
        int from = random.nextInt(count);
        var otherTimestamps = new long[count - from];
        var otherBits = new long[count - from];
        fill(random, otherTimestamps, otherBits);
        System.arraycopy(otherTimestamps, 0, timestamps, from, count - from);
        System.arraycopy(otherBits, 0, bits, from, count - from);
      }
      var slabs = new Slabs();
      var oneByOne = new ChunkEncoder(slabs);
      var state = new long[ChunkEncoder.STATE_WORDS];
      int piece = oneByOne.begin(state, 0, timestamps[0], bits[0]);
      var runSlabs = new Slabs();
      var runs = new ChunkEncoder(runSlabs);
      var runState = new long[ChunkEncoder.STATE_WORDS];
      assertEquals(piece, runs.begin(runState, 0, timestamps[0], bits[0]));
      var decoder = new ChunkDecoder(runSlabs);
      int i = 1;
      while (i < count) {
        int to = Math.min(count, i + 1 + random.nextInt(random.nextBoolean() ? 20 : 300));
        runs.append(runState, 0, timestamps, bits, i, to);
        for (; i < to; i++) {
          oneByOne.append(state, 0, timestamps[i], bits[i]);
        }
        assertArrayEquals(state, runState);
        decoder.takeTail(runState, 0);
        check(decoder, piece, to, timestamps, bits);
      }
      oneByOne.end(state, 0);
      runs.end(runState, 0);
      assertArrayEquals(words(slabs), words(runSlabs));
    }
  }

  private static byte[] words(Slabs slabs) {
    var words = new ByteWriter(4096);
    slabs.write(words, 0, slabs.pieces());
    return Arrays.copyOf(words.array(), words.count());
  }

  private static void goesOnFromACopy(Random random, Slabs slabs, int pieces, ByteWriter copy, int from, int piece, long[] timestamps,
      long[] bits) {
    var words = new ByteWriter(4096);
    slabs.write(words, 0, pieces);
    var restored = new Slabs();
    restored.read(new ByteReader("words", words.array(), 0, words.count()), pieces);
    var encoder = new ChunkEncoder(restored);
    var state = new long[ChunkEncoder.STATE_WORDS];
    encoder.readState(state, 0, timestamps[0], new ByteReader("state", copy.array(), 0, copy.count()));
    var decoder = new ChunkDecoder(restored);
    decoder.takeTail(state, 0);
    check(decoder, piece, from, timestamps, bits);
    for (int i = from; i < bits.length; i++) {
      // Other samples than those of which the copy may have bits.
      timestamps[i] += random.nextInt(3);
      bits[i] = random.nextInt(3) == 0 ? bits[i - 1] : bits[random.nextInt(bits.length)];
      encoder.append(state, 0, timestamps[i], bits[i]);
    }
    decoder.takeTail(state, 0);
    check(decoder, piece, bits.length, timestamps, bits);
  }

  /// Chunk after chunk by one writer; the reader learns of the present one's piece and count by one word.
  @Test
  void readersSeeAllThatWasCountedWhileMoreIsAppended() throws Exception {
    var random = new Random(2);
    var timestamps = new long[32][40];
    var bits = new long[32][40];
    for (int i = 0; i < bits.length; i++) {
      fill(random, timestamps[i], bits[i]);
    }
    int chunks = 60_000;
    var slabs = new Slabs();
    var state = new long[ChunkEncoder.STATE_WORDS + 1];
    int countsAt = ChunkEncoder.STATE_WORDS;
    try (var threads = Executors.newSingleThreadExecutor()) {
      var reads = threads.submit(() -> {
        var decoder = new ChunkDecoder(slabs);
        long counts = 0;
        while (counts >= 0) {
          counts = (long) COUNT.getAcquire(state, countsAt);
          if (counts > 0) {
            decoder.takeTail(state, 0);
            int chunk = (int) counts >>> 8;
            check(decoder, (int) (counts >>> 32), (int) counts & 0xff, timestamps[chunk], bits[chunk]);
          }
        }
        return counts;
      });
      var encoder = new ChunkEncoder(slabs);
      for (int i = 0; i < chunks && !reads.isDone(); i++) {
        int chunk = i % bits.length;
        if (i > 0) {
          encoder.end(state, 0);
        }
        long piece = encoder.begin(state, 0, timestamps[chunk][0], bits[chunk][0]);
        COUNT.setRelease(state, countsAt, piece << 32 | chunk << 8 | 1);
        int n = 1;
        while (n < bits[chunk].length) {
          int to = i % 3 == 0 ? Math.min(n + 13, bits[chunk].length) : n + 1;
          encoder.append(state, 0, timestamps[chunk], bits[chunk], n, to);
          n = to;
          COUNT.setRelease(state, countsAt, piece << 32 | chunk << 8 | n);
        }
      }
      COUNT.setRelease(state, countsAt, -1L);
      assertEquals(-1L, reads.get());
    }
  }

  private static int bytes(int samples, IntToDoubleFunction value) {
    var slabs = new Slabs();
    var encoder = new ChunkEncoder(slabs);
    var state = new long[ChunkEncoder.STATE_WORDS];
    encoder.begin(state, 0, 0, Double.doubleToRawLongBits(value.applyAsDouble(0)));
    for (int i = 1; i < samples; i++) {
      encoder.append(state, 0, i * 15_000L, Double.doubleToRawLongBits(value.applyAsDouble(i)));
    }
    return slabs.pieces() * Slabs.PIECE_WORDS * 8;
  }

  @Test
  void isSmallWhereValuesAreDecimalsOrNear() {
    assertEquals(64, bytes(120, i -> 3.7));
    assertEquals(64, bytes(120, i -> Double.NaN));
    assertEquals(192, bytes(120, i -> 1000 + i * 50));
    assertEquals(256, bytes(120, i -> Math.round(2000 + 100 * Math.sin(i)) / 100.0));
    var random = new Random(3);
    assertEquals(832, bytes(120, i -> 1000 + i / 2.0 + random.nextDouble()));
  }

  @Test
  void aStateThatNoWriterCanHaveIsRefused() {
    var slabs = new Slabs();
    var encoder = new ChunkEncoder(slabs);
    var state = new long[ChunkEncoder.STATE_WORDS];
    encoder.begin(state, 0, 1, 0);
    for (long wrong : new long[] {1L << 32, 0xff << 12, 0x41 << 4, 14, 1 << 29}) {
      long[] changed = Arrays.copyOf(state, state.length);
      changed[ChunkEncoder.PLACE] ^= wrong;
      changed[ChunkEncoder.TAIL] = 0;
      var out = new ByteWriter(64);
      ChunkEncoder.writeState(changed, 0, 0, out);
      var in = new ByteReader("state", out.array(), 0, out.count());
      var refused = assertThrows(TidemarkException.class, () -> encoder.readState(changed, 0, 0, in), Long.toHexString(wrong));
      assertEquals(ErrorCode.CORRUPT, refused.code());
    }
  }
}
