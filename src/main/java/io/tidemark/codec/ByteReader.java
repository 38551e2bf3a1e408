package io.tidemark.codec;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Reads what {@link ByteWriter} wrote. Every read past the end, and every count that cannot be, is a `CORRUPT` exception that names
/// the source and the byte. Owned by one thread; may be set to other bytes and used again.
public final class ByteReader {
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final String source;
  private byte[] bytes;
  private int at;
  private int end;

  /// @param source what is read, for messages: a file, or a section of one
  public ByteReader(String source, byte[] bytes, int from, int to) {
    this.source = source;
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  public ByteReader(String source, byte[] bytes) {
    this(source, bytes, 0, bytes.length);
  }

  public void set(byte[] from, int fromIndex, int toIndex) {
    bytes = from;
    at = fromIndex;
    end = toIndex;
  }

  public int position() {
    return at;
  }

  public int remaining() {
    return end - at;
  }

  /// The failure for something that is wrong with what was just read.
  public TidemarkException corrupt(String what) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": damaged at byte " + at + ": " + what);
  }

  private void need(int count) {
    if (count < 0 || count > end - at) {
      throw corrupt("expected " + count + " more bytes, found " + (end - at));
    }
  }

  public int readByte() {
    need(1);
    return bytes[at++] & 0xff;
  }

  /// The next byte, which stays the next.
  public int peekByte() {
    need(1);
    return bytes[at] & 0xff;
  }

  public int readInt() {
    need(4);
    int value = (int) INT.get(bytes, at);
    at += 4;
    return value;
  }

  public long readLong() {
    need(8);
    long value = (long) LONG.get(bytes, at);
    at += 8;
    return value;
  }

  public long readVarint() {
    if (at < end && bytes[at] >= 0) {
      return bytes[at++];
    }
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      need(1);
      byte b = bytes[at++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw corrupt("a varint of more than 10 bytes");
  }

  public long readZigzag() {
    long raw = readVarint();
    return raw >>> 1 ^ -(raw & 1);
  }

  /// A count of things that each take at least `bytesEach` of the remaining bytes (0 for things that may take none, then at most
  /// `Integer.MAX_VALUE`).
  public int readCount(int bytesEach) {
    long count = readVarint();
    if (count < 0 || count > Integer.MAX_VALUE || bytesEach > 0 && count > (end - at) / bytesEach) {
      throw corrupt("a count of " + count + " does not fit in " + (end - at) + " bytes");
    }
    return (int) count;
  }

  public String readText() {
    int count = readCount(1);
    var text = new String(bytes, at, count, StandardCharsets.UTF_8);
    at += count;
    return text;
  }

  public void readLongs(long[] into, int offset, int longs) {
    need(Math.multiplyExact(longs, 8));
    for (int i = 0; i < longs; i++) {
      into[offset + i] = (long) LONG.get(bytes, at);
      at += 8;
    }
  }

  /// Steps over `count` bytes and returns where they begin in the array given.
  public int skip(int count) {
    need(count);
    int begin = at;
    at += count;
    return begin;
  }

  public byte[] array() {
    return bytes;
  }
}
