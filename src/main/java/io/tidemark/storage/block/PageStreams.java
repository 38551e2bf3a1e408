package io.tidemark.storage.block;

import com.github.luben.zstd.Zstd;
import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.PlaneWriter;

/// A page of streams as it is stored: each stream packed by itself, because bytes that are alike share one code.
final class PageStreams {
  /// A shorter stream gains nothing by being packed.
  private static final int PACKED_BYTES_MIN = 64;

  private PageStreams() {}

  static void write(PlaneWriter page, ByteWriter out) {
    var packed = new byte[PlaneWriter.STREAMS][];
    for (int i = 0; i < PlaneWriter.STREAMS; i++) {
      ByteWriter stream = page.stream(i);
      packed[i] = pack(stream);
      out.writeVarint(stream.count());
      out.writeVarint(packed[i].length);
    }
    for (byte[] bytes : packed) {
      out.writeBytes(bytes, 0, bytes.length);
    }
  }

  private static byte[] pack(ByteWriter stream) {
    byte[] raw = stream.toByteArray();
    if (raw.length < PACKED_BYTES_MIN) {
      return raw;
    }
    byte[] packed = Zstd.compress(raw, BlockFormat.ZSTD_LEVEL);
    return packed.length < raw.length - raw.length / 16 ? packed : raw;
  }

  /// The page of `rawBytes` whose streams are `stored[at..at+count)`, or an empty one when they are not as {@link #write} makes them.
  ///
  /// @throws io.tidemark.model.TidemarkException `CORRUPT` when the bytes end too early
  static byte[] read(String source, byte[] stored, int at, int count, int rawBytes) {
    var in = new ByteReader(source, stored, at, at + count);
    int[] raw = new int[PlaneWriter.STREAMS];
    int[] packed = new int[PlaneWriter.STREAMS];
    for (int i = 0; i < PlaneWriter.STREAMS; i++) {
      raw[i] = in.readCount(0);
      packed[i] = in.readCount(0);
    }
    var page = new ByteWriter(rawBytes);
    long end = PlaneWriter.HEADER_BYTES;
    for (int bytes : raw) {
      end += bytes;
      page.writeInt((int) end);
    }
    if (end != rawBytes) {
      return new byte[0];
    }
    byte[] whole = page.array();
    int to = PlaneWriter.HEADER_BYTES;
    for (int i = 0; i < PlaneWriter.STREAMS; i++) {
      int from = in.skip(packed[i]);
      if (packed[i] == raw[i]) {
        System.arraycopy(stored, from, whole, to, raw[i]);
      } else if (Unpacking.unpack(whole, to, raw[i], stored, from, packed[i]) != raw[i]) {
        return new byte[0];
      }
      to += raw[i];
    }
    return whole;
  }
}
