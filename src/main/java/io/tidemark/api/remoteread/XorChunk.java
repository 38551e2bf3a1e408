package io.tidemark.api.remoteread;

/// Writes float samples as a chunk in Prometheus' XOR encoding.
///
/// ```
/// u16 big-endian   number of samples
/// first sample     time as a zigzag varint · value as 64 bits
/// second sample    time since the first as a varint · value bits
/// each further     change of that distance as delta bits · value bits
/// ```
/// Delta bits: `0` for none, else `10`, `110`, `1110` and 14, 17 or 20 bits when it fits them, else `1111` and 64 bits. Value bits: see
/// {@link XorValue}. Source: Prometheus' docs/format "chunks", after Pelkonen et al., "Gorilla", VLDB 2015. One thread; reused.
final class XorChunk {
  private static final int[] WIDTHS = {14, 17, 20};

  private final ChunkBits bits = new ChunkBits();
  private final XorValue value = new XorValue();

  /// Encodes samples `[from, to)`, at least one and at most 65,535; timestamps ascend. What is answered is valid until the next call.
  ChunkBits encode(long[] timestamps, double[] values, int from, int to) {
    assert to > from && to - from < 1 << 16 : from + " to " + to;
    bits.clear();
    bits.add(to - from, 16);
    bits.varint(timestamps[from] << 1 ^ timestamps[from] >> 63);
    value.first(bits, values[from]);
    long distance = 0;
    for (int i = from + 1; i < to; i++) {
      long next = timestamps[i] - timestamps[i - 1];
      if (i == from + 1) {
        bits.varint(next);
      } else {
        change(next - distance);
      }
      distance = next;
      value.next(bits, values[i]);
    }
    return bits;
  }

  private void change(long change) {
    if (change == 0) {
      bits.add(0, 1);
      return;
    }
    for (int i = 0; i < WIDTHS.length; i++) {
      if (ChunkBits.fits(change, WIDTHS[i])) {
        // One, two or three ones and a zero.
        bits.add((4L << i) - 2, i + 2);
        bits.add(change, WIDTHS[i]);
        return;
      }
    }
    bits.add(0b1111, 4);
    bits.add(change, 64);
  }
}
