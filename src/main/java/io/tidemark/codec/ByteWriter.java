package io.tidemark.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A growing array of bytes. Fixed-width numbers are little-endian, varints unsigned LEB128. Owned by one thread.
public final class ByteWriter {
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes;
  private int count;

  public ByteWriter(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
  }

  /// The backing array; replaced when it grows, so take it after the last write.
  public byte[] array() {
    return bytes;
  }

  public int count() {
    return count;
  }

  public void clear() {
    count = 0;
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, count);
  }

  private void reserve(int more) {
    if (bytes.length - count < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(count, more), (int) Math.min(Integer.MAX_VALUE - 16L, bytes.length * 2L)));
    }
  }

  public void writeByte(int value) {
    reserve(1);
    bytes[count++] = (byte) value;
  }

  public void writeInt(int value) {
    reserve(4);
    INT.set(bytes, count, value);
    count += 4;
  }

  public void writeLong(long value) {
    reserve(8);
    LONG.set(bytes, count, value);
    count += 8;
  }

  /// Seven bits a byte, lowest first; 1 to 10 bytes.
  public void writeVarint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[count++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[count++] = (byte) rest;
  }

  /// A signed number, small near zero on both sides.
  public void writeZigzag(long value) {
    writeVarint(value << 1 ^ value >> 63);
  }

  public void writeBytes(byte[] from, int offset, int bytesCount) {
    reserve(bytesCount);
    System.arraycopy(from, offset, bytes, count, bytesCount);
    count += bytesCount;
  }

  public void writeLongs(long[] from, int offset, int longs) {
    reserve(Math.multiplyExact(longs, 8));
    for (int i = 0; i < longs; i++) {
      LONG.set(bytes, count, from[offset + i]);
      count += 8;
    }
  }

  /// UTF-8 bytes behind their count.
  public void writeText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    writeVarint(utf8.length);
    writeBytes(utf8, 0, utf8.length);
  }

  /// Overwrites the int at byte `at`.
  public void patchInt(int at, int value) {
    assert at + 4 <= count;
    INT.set(bytes, at, value);
  }
}
