package io.tidemark.log.segment;

import io.tidemark.log.Log;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/// Segment file, version 1: magic, version, every offset, the file names. The page is docs/formats/log-segment.md.
///
/// ```
/// header: magic "TMLS" | version u32 | partition u32 | first position u64 | crc32c u32
/// frame:  length u32 | back u32 | position u64 | crc32c u32 | payload
/// ```
final class SegmentFormat {
  static final int MAGIC = 'T' | 'M' << 8 | 'L' << 16 | 'S' << 24;
  static final int VERSION = 1;
  /// The largest payload.
  static final int RECORD_BYTES_MAX = Log.RECORD_BYTES_MAX;

  static final int VERSION_AT = 4;
  static final int PARTITION_AT = 8;
  static final int FIRST_AT = 12;
  static final int HEADER_CHECKSUM_AT = 20;
  static final int HEADER_BYTES = 24;

  static final int BACK_AT = 4;
  static final int POSITION_AT = 8;
  static final int CHECKSUM_AT = 16;
  static final int FRAME_BYTES = 20;
  /// The length of the frame that ends a segment closed in order; it has no payload and the position after the last record.
  static final int END_MARK = -1;

  private static final Pattern NAME = Pattern.compile("(\\d{20})\\.segment");
  private static final String UNFINISHED_SUFFIX = ".new";

  private SegmentFormat() {}

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static void putHeader(ByteBuffer out, int partition, long firstPosition) {
    int start = out.position();
    out.putInt(MAGIC).putInt(VERSION).putInt(partition).putLong(firstPosition);
    var crc = new CRC32C();
    crc.update(out.duplicate().position(start).limit(start + HEADER_CHECKSUM_AT));
    out.putInt((int) crc.getValue());
  }

  /// @param length of the payload, or {@link #END_MARK} with an empty one
  static void putFrame(ByteBuffer out, int length, int back, long position, byte[] payload) {
    int start = out.position();
    out.putInt(length).putInt(back).putLong(position);
    var crc = new CRC32C();
    crc.update(out.duplicate().position(start).limit(start + CHECKSUM_AT));
    crc.update(payload, 0, payload.length);
    out.putInt((int) crc.getValue()).put(payload);
  }

  static Path path(Path directory, long firstPosition) {
    return directory.resolve(String.format(Locale.ROOT, "%020d.segment", firstPosition));
  }

  /// The name of a segment until its first group is durable.
  static Path unfinishedPath(Path path) {
    return path.resolveSibling(path.getFileName() + UNFINISHED_SUFFIX);
  }

  static boolean isUnfinished(Path path) {
    return String.valueOf(path.getFileName()).endsWith(UNFINISHED_SUFFIX);
  }

  /// The first position of a segment, from its name; empty for other files.
  static Optional<Long> firstPosition(Path path) {
    Matcher matcher = NAME.matcher(String.valueOf(path.getFileName()));
    return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
  }
}
