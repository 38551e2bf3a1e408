package io.tidemark.storage.block;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;

/// A block file, version 4: magic, version and every offset. The page is docs/formats/block.md.
///
/// ```
/// header "TMBK" | version u32
/// pages  … values and times, in any order
/// sections: PAGES, SYMBOLS, SERIES, SERIES_PLACES, POSTINGS, PAIRS, TIMES, TABLES
/// footer | footer bytes u32 | footer crc32c u32 | "TMBE"
/// ```
final class BlockFormat {
  static final int MAGIC = 'T' | 'M' << 8 | 'B' << 16 | 'K' << 24;
  static final int END_MAGIC = 'T' | 'M' << 8 | 'B' << 16 | 'E' << 24;
  static final int VERSION = 4;
  /// A file of it is one of version 4 without {@link #MULTIPLES}.
  static final int VERSION_MIN = 3;
  static final int HEADER_BYTES = 8;
  static final int TAIL_BYTES = 12;
  static final int FOOTER_BYTES_MAX = 1 << 20;

  /// A page is full when its columns take this many bytes. Places in a smaller one take two bytes.
  static final int PAGE_BYTES = 16 * 1024 - 8;
  /// No page is larger, whatever its columns: a run of the most samples, each at its worst.
  static final int PAGE_BYTES_MAX = 1 << 20;
  /// Most pages that one block fills at the same time; with more windows several share one.
  static final int OPEN_PAGES_MAX = 64;
  /// Page directory entry: offset u64, bytes u32, crc32c u32.
  static final int PAGE_ENTRY_BYTES = 16;
  /// First byte of a sample column that is packed: raw bytes and packed bytes as varints, and a zstd frame.
  static final int PACKED = 8;
  static final int ZSTD_LEVEL = 1;

  /// A run of samples ends at a multiple of this time, and after this many samples. It goes on past one while its samples are few, up to
  /// the longest time.
  static final long RUN_MILLIS = 7_200_000;
  static final int RUN_SAMPLES_MAX = 1024;
  static final int RUN_SAMPLES_MIN = 64;
  static final long RUN_MILLIS_MAX = 86_400_000;
  /// A run with histograms also ends before their numbers are more than this, see `SampleColumns.runEnd`.
  static final int RUN_NUMBERS_MAX = 1 << 14;

  static final int PAGES = 0;
  static final int SYMBOLS = 1;
  static final int SERIES = 2;
  static final int SERIES_PLACES = 3;
  static final int POSTINGS = 4;
  static final int PAIRS = 5;
  static final int TIMES = 6;
  static final int TABLES = 7;
  static final int SECTIONS = 8;
  static final String[] SECTION_NAMES = {"pages", "symbols", "series", "series places", "postings", "pairs", "times", "tables"};
  /// Pair entry: name symbol u32, value symbol u32, postings offset u32.
  static final int PAIR_BYTES = 12;
  static final int SERIES_PLACE_BYTES = 8;
  /// Time column entry: first timestamp i64, duration u32, samples u32, page u32, offset u32.
  static final int TIMES_ENTRY_BYTES = 24;
  /// Bit of the samples of a time column: it is one of multiples, see `ColumnDecoder`.
  static final int MULTIPLES = 1 << 16;

  static final String SUFFIX = ".tmb";
  static final String TEMPORARY_SUFFIX = ".tmp";
  static final String DAMAGED_SUFFIX = ".damaged";

  private BlockFormat() {}

  /// Checks a block's first 8 bytes.
  ///
  /// @param source what messages call the block
  static void checkBegin(String source, int magic, int version) {
    if (magic != MAGIC) {
      throw new TidemarkException(ErrorCode.CORRUPT,
          source + ": damaged: expected the magic bytes TMBK, found " + Integer.toHexString(magic));
    }
    if (!isRead(version)) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, source + ": block version " + version + ", this release reads versions "
          + VERSION_MIN + " to " + VERSION + "; start the release that wrote it");
    }
  }

  static boolean isRead(int version) {
    return version >= VERSION_MIN && version <= VERSION;
  }

  /// @param at the part's offset in the block
  static void checkSum(String source, String part, long at, int found, int expected) {
    if (found != expected) {
      throw new TidemarkException(ErrorCode.CORRUPT, source + ": " + part + " at byte " + at + ": checksum " + Integer.toHexString(found)
          + ", expected " + Integer.toHexString(expected) + "; damaged");
    }
  }
}
