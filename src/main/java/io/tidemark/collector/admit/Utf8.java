package io.tidemark.collector.admit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Checks bytes for well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
/// Source: The Unicode Standard, table 3-7.
public final class Utf8 {
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Utf8() {}

  /// Whether bytes `from` (inclusive) to `to` (exclusive) are well-formed.
  public static boolean isValid(byte[] bytes, int from, int to) {
    return validTo(bytes, from, to) == to;
  }

  /// Where the well-formed beginning of bytes `from` (inclusive) to `to` (exclusive) ends; `to` when all of them are.
  public static int validTo(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int b = bytes[at] & 0xff;
      if (b < 0x80) {
        at++;
        while (at + Long.BYTES <= to && ((long) LONG.get(bytes, at) & 0x8080808080808080L) == 0) {
          at += Long.BYTES;
        }
        continue;
      }
      int more = b >= 0xc2 && b <= 0xdf ? 1 : b >= 0xe0 && b <= 0xef ? 2 : b >= 0xf0 && b <= 0xf4 ? 3 : 0;
      if (more == 0 || at + more >= to) {
        return at;
      }
      int second = bytes[at + 1] & 0xff;
      int low = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
      int high = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
      if (second < low || second > high) {
        return at;
      }
      for (int i = 2; i <= more; i++) {
        if ((bytes[at + i] & 0xc0) != 0x80) {
          return at;
        }
      }
      at += more + 1;
    }
    return to;
  }
}
