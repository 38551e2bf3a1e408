package io.tidemark.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/// Batch record, versions 1 to 3: magic, version, every fixed offset and every limit. The page is docs/formats/batch.md.
///
/// ```
/// magic "TMB" | version | writer u32 | epoch u32 | epoch start i64 | sections … | crc32c u32
/// sections: definitions, metadata, refs, timestamps, values; versions 2 and 3 also histograms, start times, exemplars
/// ```
/// A record that has nothing for the sections of version 2 is written as version 1. Version 3 has the sections of version 2, and says that
/// its samples are a backfill.
final class BatchFormat {
  static final int MAGIC = 'T' | 'M' << 8 | 'B' << 16;
  static final int VERSION_PLAIN = 1;
  static final int VERSION_EXTRAS = 2;
  static final int VERSION_BACKFILL = 3;
  /// The largest record that a reader takes.
  static final int RECORD_BYTES_MAX = 32 * 1024 * 1024;
  /// Refs are below this, so that a reader may use them as indexes.
  static final int REFS_MAX = 1 << 24;

  static final int MAGIC_AT = 0;
  static final int WRITER_AT = 4;
  static final int EPOCH_AT = 8;
  static final int EPOCH_START_AT = 12;
  static final int SECTIONS_AT = 20;
  static final int CHECKSUM_BYTES = 4;
  static final int RECORD_BYTES_MIN = SECTIONS_AT + 3 + CHECKSUM_BYTES;

  /// Least bytes of one sample: a byte of ref, a byte of timestamp, eight of value.
  static final int SAMPLE_BYTES_MIN = 10;
  /// Most bytes of one sample: five of ref, ten of timestamp, eight of value.
  static final int SAMPLE_BYTES_MAX = 23;
  static final int VARINT_BYTES_MAX = 10;

  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private BatchFormat() {}

  static boolean isKnown(int version) {
    return version >= VERSION_PLAIN && version <= VERSION_BACKFILL;
  }

  static int getInt(byte[] bytes, int at) {
    return (int) INT.get(bytes, at);
  }

  static void putInt(byte[] bytes, int at, int value) {
    INT.set(bytes, at, value);
  }

  static long getLong(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  static void putLong(byte[] bytes, int at, long value) {
    LONG.set(bytes, at, value);
  }

  /// Writes an unsigned LEB128 varint and returns the offset after it.
  static int putVarint(byte[] bytes, int at, long value) {
    int to = at;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[to++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[to++] = (byte) rest;
    return to;
  }

  /// Maps small magnitudes of either sign to small unsigned numbers.
  static long zigzag(long value) {
    return value << 1 ^ value >> 63;
  }

  static long unzigzag(long value) {
    return value >>> 1 ^ -(value & 1);
  }

  static int checksum(byte[] bytes, int from, int to) {
    var crc = new CRC32C();
    crc.update(bytes, from, to - from);
    return (int) crc.getValue();
  }
}
