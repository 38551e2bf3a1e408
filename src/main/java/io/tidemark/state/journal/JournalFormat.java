package io.tidemark.state.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/// State journal, version 1: magic, version, every offset, the file names. The page is docs/formats/state-journal.md.
///
/// ```
/// header: magic "TMSJ" | version u32 | generation u64 | state version u64 | crc32c u32
/// frame:  length u32 | back u32 | crc32c u32 | kind u8 | version u64 | key length u16 | key | value
/// ```
final class JournalFormat {
  static final int MAGIC = 'T' | 'M' << 8 | 'S' << 16 | 'J' << 24;
  static final int VERSION = 1;

  static final int VERSION_AT = 4;
  static final int GENERATION_AT = 8;
  static final int STATE_VERSION_AT = 16;
  static final int HEADER_CHECKSUM_AT = 24;
  static final int HEADER_BYTES = 28;

  static final int BACK_AT = 4;
  static final int CHECKSUM_AT = 8;
  static final int BODY_AT = 12;
  static final int KIND_AT = 12;
  static final int ENTRY_VERSION_AT = 13;
  static final int KEY_LENGTH_AT = 21;
  static final int KEY_AT = 23;
  /// Body bytes besides key and value.
  static final int BODY_BYTES_MIN = KEY_AT - BODY_AT;

  static final byte PUT = 1;
  static final byte REMOVE = 2;
  /// The file was closed in order: everything before is durable.
  static final byte END = 3;

  private static final String UNFINISHED_SUFFIX = ".new";
  private static final Pattern NAME = Pattern.compile("(\\d{20})\\.journal");

  private JournalFormat() {}

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static void putHeader(ByteBuffer out, long generation, long stateVersion) {
    int start = out.position();
    out.putInt(MAGIC).putInt(VERSION).putLong(generation).putLong(stateVersion);
    var crc = new CRC32C();
    crc.update(out.duplicate().position(start).limit(start + HEADER_CHECKSUM_AT));
    out.putInt((int) crc.getValue());
  }

  static int frameBytes(byte[] key, byte[] value) {
    return KEY_AT + key.length + value.length;
  }

  /// @param back bytes from the begin of the group to this frame
  static void putFrame(ByteBuffer out, int back, byte kind, long version, byte[] key, byte[] value) {
    int start = out.position();
    out.putInt(BODY_BYTES_MIN + key.length + value.length).putInt(back).putInt(0);
    out.put(kind).putLong(version).putShort((short) key.length).put(key).put(value);
    out.putInt(start + CHECKSUM_AT, checksum(out, start, out.position()));
  }

  /// Over the whole frame but the checksum itself.
  static int checksum(ByteBuffer frame, int start, int end) {
    var crc = new CRC32C();
    crc.update(frame.duplicate().position(start).limit(start + CHECKSUM_AT));
    crc.update(frame.duplicate().position(start + BODY_AT).limit(end));
    return (int) crc.getValue();
  }

  static Path path(Path folder, long generation) {
    return folder.resolve(String.format(Locale.ROOT, "%020d.journal", generation));
  }

  /// The name of a generation until all of the state is in it.
  static Path unfinishedPath(Path path) {
    return path.resolveSibling(path.getFileName() + UNFINISHED_SUFFIX);
  }

  static boolean isUnfinished(Path path) {
    return String.valueOf(path.getFileName()).endsWith(UNFINISHED_SUFFIX);
  }

  /// Where a damaged generation is kept after what could be read was taken over.
  static Path damagedPath(Path path) {
    return path.resolveSibling(path.getFileName() + ".damaged");
  }

  static Optional<Long> generation(Path path) {
    Matcher matcher = NAME.matcher(String.valueOf(path.getFileName()));
    return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
  }
}
