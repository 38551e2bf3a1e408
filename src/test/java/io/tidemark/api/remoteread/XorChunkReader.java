package io.tidemark.api.remoteread;

import java.util.ArrayList;
import java.util.List;

/// Reads a float chunk, after the same description as {@link XorChunk}. Slow and obvious.
final class XorChunkReader {
  private static final int[] WIDTHS = {0, 14, 17, 20, 64};

  private XorChunkReader() {}

  record Sample(long timestampMillis, long valueBits) {}

  static List<Sample> read(byte[] chunk) {
    var in = new BitSource(chunk);
    var samples = new ArrayList<Sample>();
    int count = (int) in.read(16);
    var values = in.new Column();
    long time = 0;
    long distance = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0) {
        time = ProtoMessage.zigzag(in.varint());
      } else {
        distance = i == 1 ? in.varint() : distance + in.signed(WIDTHS[in.ones(4)]);
        time += distance;
      }
      samples.add(new Sample(time, Double.doubleToRawLongBits(i == 0 ? values.first() : values.next())));
    }
    in.end();
    return samples;
  }
}
