package io.tidemark.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A growing run of bytes of an answer, reused from piece to piece. Owned by one thread at a time.
public final class Piece {
  private byte[] bytes;
  private int count;

  public Piece(int capacity) {
    bytes = new byte[capacity];
  }

  /// The backing array; replaced when it grows, so take it after the last addition.
  public byte[] array() {
    return bytes;
  }

  /// How many bytes there are.
  public int count() {
    return count;
  }

  public void clear() {
    count = 0;
  }

  /// Makes room for `more` bytes and returns the array, to be written from {@link #count} on and closed with {@link #advance}.
  public byte[] reserve(int more) {
    if (bytes.length - count < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(count, more), (int) Math.min(Integer.MAX_VALUE - 16L, bytes.length * 2L)));
    }
    return bytes;
  }

  /// Says that the bytes before `end` are written.
  public void advance(int end) {
    assert end >= count && end <= bytes.length;
    count = end;
  }

  public void add(int value) {
    reserve(1)[count++] = (byte) value;
  }

  public void add(byte[] from, int offset, int length) {
    System.arraycopy(from, offset, reserve(length), count, length);
    count += length;
  }

  public void add(byte[] from) {
    add(from, 0, from.length);
  }

  /// The bytes of a text to be added often.
  public static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /// Adds `text` in UTF-8.
  public void add(String text) {
    add(text.getBytes(StandardCharsets.UTF_8));
  }

  /// What there is, as text.
  public String text() {
    return new String(bytes, 0, count, StandardCharsets.UTF_8);
  }
}
