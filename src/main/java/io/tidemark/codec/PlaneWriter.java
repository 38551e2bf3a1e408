package io.tidemark.codec;

import java.util.Arrays;

/// The columns of one page on their way there, in streams that a general compressor does well on one by one: the columns' heads, and
/// planes. Plane k holds the k-th bytes, lowest first, of the numbers of all columns whose numbers are as wide. Owned by one thread.
///
/// ```
/// page: end of each stream u32 × 9 | heads | plane 0 | … | plane 7        ends count from the page's begin
/// ```
public final class PlaneWriter {
  public static final int PLANES = 8;
  public static final int STREAMS = 1 + PLANES;
  /// Where the heads begin in a page.
  public static final int HEADER_BYTES = 4 * STREAMS;
  private static final int CAPACITY = 4 * 1024;

  private final ByteWriter[] streams = new ByteWriter[STREAMS];

  public PlaneWriter() {
    Arrays.setAll(streams, _ -> new ByteWriter(CAPACITY));
  }

  /// Stream 0, for what is no plane.
  public ByteWriter heads() {
    return streams[0];
  }

  ByteWriter plane(int number) {
    return streams[1 + number];
  }

  /// Stream 0 to {@link #STREAMS}.
  public ByteWriter stream(int number) {
    return streams[number];
  }

  /// Where the next head will be in the page.
  public int position() {
    return HEADER_BYTES + streams[0].count();
  }

  /// Bytes of the page, when it ended here.
  public int count() {
    int count = HEADER_BYTES;
    for (ByteWriter stream : streams) {
      count += stream.count();
    }
    return count;
  }

  public void clear() {
    for (ByteWriter stream : streams) {
      stream.clear();
    }
  }
}
