package io.tidemark.log;

/// Delete record, version 1: magic, version, fixed offsets and limits. The page is docs/formats/delete.md.
///
/// ```
/// magic "TMD" | version | accepted i64 | from i64 | to i64 | selectors … | crc32c u32
/// selectors: varint n, then n × (varint m, then m × (u8 operator | text name | text value))
/// ```
final class DeleteFormat {
  static final int MAGIC = 'T' | 'M' << 8 | 'D' << 16;
  static final int VERSION = 1;
  static final int HEADER_BYTES = 4;
  static final int CHECKSUM_BYTES = 4;
  /// Header, three times, an empty list.
  static final int RECORD_BYTES_MIN = HEADER_BYTES + 3 * Long.BYTES + 1 + CHECKSUM_BYTES;
  /// The largest record that is written: every shard keeps what it says in memory for days.
  static final int RECORD_BYTES_MAX = 16 * 1024;
  /// Least bytes of a matcher and of a selector with one.
  static final int MATCHER_BYTES_MIN = 3;
  static final int SELECTOR_BYTES_MIN = 1 + MATCHER_BYTES_MIN;

  private DeleteFormat() {}
}
