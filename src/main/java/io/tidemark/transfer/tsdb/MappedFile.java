package io.tidemark.transfer.tsdb;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// One file of a block, mapped. Fixed-size numbers are big-endian. A read beyond the end is damage, and says where.
final class MappedFile {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final long CHECKSUM_STEP_BYTES = 1 << 30;

  private final Path path;
  private final MemorySegment bytes;

  private MappedFile(Path path, MemorySegment bytes) {
    this.path = path;
    this.bytes = bytes;
  }

  /// Valid until `arena` is closed.
  ///
  /// @throws TidemarkException `NOT_FOUND` when it cannot be opened
  static MappedFile open(Path path, Arena arena) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new MappedFile(path, channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.NOT_FOUND, path + ": cannot be read (" + e.getClass().getSimpleName() + ")", e);
    }
  }

  long size() {
    return bytes.byteSize();
  }

  int byteAt(String part, long at) {
    within(part, at, 1);
    return bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  long intAt(String part, long at) {
    within(part, at, 4);
    return bytes.get(INT, at) & 0xffff_ffffL;
  }

  long longAt(String part, long at) {
    within(part, at, 8);
    return bytes.get(LONG, at);
  }

  void copy(long from, byte[] into, int count) {
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, from, into, 0, count);
  }

  /// Fails unless `[at, at + count)` is inside the file.
  void within(String part, long at, long count) {
    if (at < 0 || count < 0 || at > size() - count) {
      throw damaged(part, at, count + " bytes", "a file of " + size());
    }
  }

  /// Fails unless `[from, from + count)` has the checksum that follows it.
  void check(String part, long from, long count) {
    within(part, from, count + 4);
    var crc = new CRC32C();
    for (long at = from; at < from + count; at += CHECKSUM_STEP_BYTES) {
      crc.update(bytes.asSlice(at, Math.min(CHECKSUM_STEP_BYTES, from + count - at)).asByteBuffer());
    }
    long stored = bytes.get(INT, from + count) & 0xffff_ffffL;
    if (crc.getValue() != stored) {
      throw damaged(part, from, "checksum " + Long.toHexString(stored), Long.toHexString(crc.getValue()));
    }
  }

  TidemarkException damaged(String part, long at, String expected, String found) {
    return new TidemarkException(ErrorCode.CORRUPT, path + ": " + part + " at byte " + at + ": expected " + expected + ", found " + found);
  }

  /// A place in the file that moves on as it is read, up to an end.
  final class Cursor {
    private final String part;
    private long at;
    private long end;

    Cursor(String part) {
      this.part = part;
    }

    void set(long from, long to) {
      within(part, from, to - from);
      at = from;
      end = to;
    }

    long at() {
      return at;
    }

    boolean isAtEnd() {
      return at >= end;
    }

    void skip(long count) {
      if (count < 0 || count > end - at) {
        throw damaged(part, at, count + " bytes", String.valueOf(end - at));
      }
      at += count;
    }

    /// Seven bits a byte, lowest first.
    long varint() {
      long value = 0;
      for (int shift = 0; at < end && shift < 64; shift += 7) {
        byte b = bytes.get(ValueLayout.JAVA_BYTE, at++);
        value |= (b & 0x7fL) << shift;
        if (b >= 0) {
          return value;
        }
      }
      throw damaged(part, at, "a varint", "its end missing");
    }

    /// Signed, as Go's `binary.Varint`.
    long zigzag() {
      long raw = varint();
      return raw >>> 1 ^ -(raw & 1);
    }
  }
}
