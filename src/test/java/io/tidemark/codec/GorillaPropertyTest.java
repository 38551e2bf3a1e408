package io.tidemark.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.model.Stale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GorillaPropertyTest {
  private static final long[] SPECIAL = {0, Long.MIN_VALUE, 1, -1, Long.MAX_VALUE, Stale.BITS, 0x7ff8000000000000L, 0x7ff0000000000001L,
      0xfff8000000000123L, 0x7ff0000000000000L, 0xfff0000000000000L, 0x000fffffffffffffL, 0x8000000000000001L};

  /// Timestamps and values of one of the kinds that tend to break encoders.
  static void fill(Random random, long[] timestamps, long[] bits) {
    long t = random.nextInt(3) == 0 ? random.nextLong() : 1_700_000_000_000L;
    double level = random.nextDouble() * 1000;
    int timeKind = random.nextInt(5);
    int valueKind = random.nextInt(7);
    for (int i = 0; i < timestamps.length; i++) {
      timestamps[i] = t;
      t += switch (timeKind) {
        case 0 -> 15_000;
        case 1 -> 15_000 + random.nextInt(11) - 5;
        case 2 -> 1L << random.nextInt(62);
        case 3 -> random.nextInt(20) == 0 ? 34L * 86_400_000 : 1_000;
        default -> random.nextLong();
      };
      level += random.nextGaussian();
      bits[i] = switch (valueKind) {
        case 0 -> Double.doubleToRawLongBits(42);
        case 1 -> Double.doubleToRawLongBits(Math.rint(level));
        case 2 -> Double.doubleToRawLongBits(Math.rint(level * 100) / 100);
        case 3 -> Double.doubleToRawLongBits(level);
        case 4 -> random.nextLong();
        case 5 -> SPECIAL[random.nextInt(SPECIAL.length)];
        default -> random.nextInt(20) == 0 ? SPECIAL[random.nextInt(SPECIAL.length)] : Double.doubleToRawLongBits(i * 1000.0);
      };
    }
  }

  @Test
  void keepsEveryBitOfEverySample() {
    var random = new Random(1);
    for (int round = 0; round < 3000; round++) {
      int count = 1 + random.nextInt(200);
      long[] timestamps = new long[count];
      long[] bits = new long[count];
      fill(random, timestamps, bits);
      var slabs = new Slabs();
      int piece = slabs.allocate();
      var out = new BitWriter(slabs);
      var encoder = new GorillaEncoder();
      encoder.begin(timestamps[0], bits[0]);
      int atPiece = piece;
      int atBit = 64;
      var other = new BitWriter(slabs);
      int otherPiece = slabs.allocate();
      int otherBit = 64;
      for (int i = 1; i < count; i++) {
        out.resume(atPiece, atBit);
        encoder.append(out, timestamps[i], bits[i]);
        atPiece = out.piece();
        atBit = out.bit();
        // Another stream in the same slabs, so that pieces of both alternate.
        other.resume(otherPiece, otherBit);
        other.write(random.nextLong(), 64);
        otherPiece = other.piece();
        otherBit = other.bit();
      }
      var in = new BitReader(slabs);
      in.seek(piece, 64);
      var decoder = new GorillaDecoder();
      decoder.begin(timestamps[0], bits[0]);
      for (int i = 0; i < count; i++) {
        if (i > 0) {
          decoder.next(in);
        }
        assertEquals(timestamps[i], decoder.timestamp);
        assertEquals(bits[i], decoder.valueBits);
      }
      assertEquals(atPiece, in.piece());
      assertEquals(atBit, in.bit());
    }
  }
}
