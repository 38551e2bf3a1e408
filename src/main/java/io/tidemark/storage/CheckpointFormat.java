package io.tidemark.storage;

import io.tidemark.storage.head.HeadFrames;

/// A checkpoint file: magic, version and every offset. The page is docs/formats/checkpoint.md.
///
/// ```
/// "TMCK" | version u32 | frame … | 0 u32 | frames u32
/// frame: bytes u32 (1 or more) | crc32c u32 | content
/// ```
final class CheckpointFormat {
  static final int MAGIC = 'T' | 'M' << 8 | 'C' << 16 | 'K' << 24;
  static final int VERSION = HeadFrames.VERSION;
  static final int VERSION_MIN = 1;
  static final int VERSION_AT = 4;
  static final int HEADER_BYTES = 8;
  static final int FRAME_HEADER_BYTES = 8;
  /// A frame ends soon after 1 MiB; one label set more is at most a log record.
  static final int FRAME_BYTES_MAX = 64 << 20;
  static final String SUFFIX = ".ckpt";
  static final String TEMPORARY_SUFFIX = ".tmp";
  static final String DAMAGED_SUFFIX = ".damaged";

  private CheckpointFormat() {}

  /// `checkpoint-` and the position in 20 digits, so that names sort as positions do.
  static String name(long position) {
    return "checkpoint-" + String.format("%020d", position) + SUFFIX;
  }

  /// The position in a checkpoint's name, or -1 when it is none.
  static long position(String name) {
    if (!name.matches("checkpoint-\\d{20}\\.ckpt")) {
      return -1;
    }
    try {
      return Long.parseLong(name.substring(11, 31));
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
