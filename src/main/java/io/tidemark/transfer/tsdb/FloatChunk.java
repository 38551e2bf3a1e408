package io.tidemark.transfer.tsdb;

import java.util.Arrays;

/// Reads chunks of floats, Prometheus' encoding 1.
///
/// ```
/// u16 number of samples
/// first sample    time as varint, value as 64 bits
/// second          distance in time as varint, value as XOR
/// each further    change of that distance behind none to four ones: 0, 14, 17, 20 or 64 bits; value as XOR
/// ```
/// One thread; reused.
public final class FloatChunk {
  private static final int[] WIDTHS = {0, 14, 17, 20, 64};

  private final ChunkBits in = new ChunkBits();
  private final XorColumn column = new XorColumn();
  public long[] timestampsMillis = new long[128];
  /// Raw bits of doubles.
  public long[] valueBits = new long[128];
  public int count;

  /// @param padded the data, and at least nine bytes behind its `bytes`
  public void read(byte[] padded, int bytes) {
    in.reset(padded, bytes);
    count = 0;
    int samples = (int) in.read(16);
    if (samples > valueBits.length) {
      timestampsMillis = new long[Integer.highestOneBit(samples) * 2];
      valueBits = Arrays.copyOf(valueBits, timestampsMillis.length);
    }
    long time = 0;
    long distance = 0;
    for (int i = 0; i < samples; i++) {
      if (i == 0) {
        long raw = in.varint();
        time = raw >>> 1 ^ -(raw & 1);
        valueBits[0] = column.first(in);
      } else {
        distance = i == 1 ? in.varint() : distance + in.signed(WIDTHS[in.ones(4)]);
        time += distance;
        valueBits[i] = column.next(in);
      }
      timestampsMillis[i] = time;
    }
    count = samples;
  }
}
