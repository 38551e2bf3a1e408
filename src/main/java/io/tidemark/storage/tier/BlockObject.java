package io.tidemark.storage.tier;

import io.tidemark.objects.StoredObject;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.IndexHeader;
import java.util.Optional;
import java.util.regex.Pattern;

/// A block in the store: `shard-0003/block_START_END_POSITION_LEVEL-CHECKSUM.tmb`. The key names the content, so that replicas that seal
/// the same block make one object, and one that seals another block of that name makes another.
///
/// @param checksum crc32c of the whole block
/// @param bytes    size of the block
record BlockObject(int shard, BlockName name, int checksum, long bytes) {
  private static final Pattern FORM = Pattern.compile("shard-(\\d{4,9})/(block_[-_0-9]+)-([0-9a-f]{8})\\.tmb");
  private static final String BLOCK_SUFFIX = ".tmb";

  /// What the keys of a shard begin with.
  static String folder(int shard) {
    return String.format("shard-%04d/", shard);
  }

  /// What the keys of a shard's blocks begin with.
  static String prefix(int shard) {
    return folder(shard) + "block_";
  }

  /// The block in an object, if it is one.
  static Optional<BlockObject> parse(StoredObject object) {
    var matcher = FORM.matcher(object.key());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return BlockName.parse(matcher.group(2) + BLOCK_SUFFIX).map(name -> new BlockObject(Integer.parseInt(matcher.group(1)), name,
        Integer.parseUnsignedInt(matcher.group(3), 16), object.bytes()));
  }

  /// The block of an index header's file name, if it is one.
  static Optional<BlockObject> parseIndex(int shard, String fileName) {
    return !fileName.endsWith(IndexHeader.SUFFIX) ? Optional.empty()
        : parse(new StoredObject(folder(shard) + fileName.substring(0, fileName.length() - IndexHeader.SUFFIX.length()) + BLOCK_SUFFIX, 0));
  }

  private String stem() {
    String file = name.fileName();
    return file.substring(0, file.length() - BLOCK_SUFFIX.length()) + "-" + String.format("%08x", checksum);
  }

  String key() {
    return folder(shard) + stem() + BLOCK_SUFFIX;
  }

  /// Name of the local file with its index.
  String indexFileName() {
    return stem() + IndexHeader.SUFFIX;
  }
}
