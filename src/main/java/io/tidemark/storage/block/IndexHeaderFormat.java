package io.tidemark.storage.block;

/// The local file of a cold block, version 1: magic, version and every offset. The page is docs/formats/index-header.md.
///
/// ```
/// "TMIH" | version u32 | block version u32 | crc32c of the whole block u32 | block bytes u64 | index offset u64 | read back u32
/// the block's bytes from index offset to its end
/// crc32c of all before u32 | "TMIE"
/// ```
final class IndexHeaderFormat {
  static final int MAGIC = 'T' | 'M' << 8 | 'I' << 16 | 'H' << 24;
  static final int END_MAGIC = 'T' | 'M' << 8 | 'I' << 16 | 'E' << 24;
  static final int VERSION = 1;
  static final int BLOCK_VERSION_AT = 8;
  static final int CHECKSUM_AT = 12;
  static final int BLOCK_BYTES_AT = 16;
  static final int INDEX_OFFSET_AT = 24;
  static final int READ_BACK_AT = 32;
  static final int HEADER_BYTES = 36;
  static final int TAIL_BYTES = 8;
  /// An index above this is refused: it would not fit in one array on its way here.
  static final int INDEX_BYTES_MAX = 1 << 30;
  static final String SUFFIX = ".tmi";
  static final String TEMPORARY_SUFFIX = ".tmp";

  private IndexHeaderFormat() {}
}
