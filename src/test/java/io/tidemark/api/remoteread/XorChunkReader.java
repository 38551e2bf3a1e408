package io.tidemark.api.remoteread;

import java.util.ArrayList;
import java.util.List;

/// Reads a float chunk bit by bit, after the same description as {@link XorChunk}. Slow and obvious.
final class XorChunkReader {
  private final byte[] bytes;
  private int bit;

  private XorChunkReader(byte[] bytes) {
    this.bytes = bytes;
  }

  record Sample(long timestampMillis, long valueBits) {}

  static List<Sample> read(byte[] chunk) {
    return new XorChunkReader(chunk).samples();
  }

  private List<Sample> samples() {
    var samples = new ArrayList<Sample>();
    int count = (int) bits(16);
    long time = 0;
    long distance = 0;
    long value = 0;
    int leading = 0;
    int meaningful = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0) {
        time = ProtoMessage.zigzag(varint());
        value = bits(64);
      } else {
        distance = i == 1 ? varint() : distance + change();
        time += distance;
        if (bits(1) == 1) {
          if (bits(1) == 1) {
            leading = (int) bits(5);
            meaningful = (int) bits(6);
            meaningful = meaningful == 0 ? 64 : meaningful;
          }
          value ^= bits(meaningful) << 64 - leading - meaningful;
        }
      }
      samples.add(new Sample(time, value));
    }
    if (bit + 7 >>> 3 != bytes.length) {
      throw new IllegalArgumentException("chunk of " + bytes.length + " bytes, samples end at bit " + bit);
    }
    return samples;
  }

  private long change() {
    int ones = 0;
    while (ones < 4 && bits(1) == 1) {
      ones++;
    }
    int width = new int[] {0, 14, 17, 20, 64}[ones];
    long raw = width == 0 ? 0 : bits(width);
    return width > 0 && width < 64 && raw > 1L << width - 1 ? raw - (1L << width) : raw;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      long b = bits(8);
      value |= (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
  }

  private long bits(int count) {
    long value = 0;
    for (int i = 0; i < count; i++, bit++) {
      value = value << 1 | bytes[bit >>> 3] >>> 7 - (bit & 7) & 1;
    }
    return value;
  }
}
