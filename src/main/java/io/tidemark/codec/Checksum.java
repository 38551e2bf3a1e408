package io.tidemark.codec;

import java.util.zip.CRC32C;

/// CRC-32C (Castagnoli), the checksum of every format here. Source: RFC 3720 appendix B.4.
public final class Checksum {
  private Checksum() {}

  /// The checksum of `count` bytes from `offset` on, as an int of the same 32 bits.
  public static int crc32c(byte[] bytes, int offset, int count) {
    var crc = new CRC32C();
    crc.update(bytes, offset, count);
    return (int) crc.getValue();
  }
}
