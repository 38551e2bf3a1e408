package io.tidemark.storage.tier;

import io.tidemark.objects.StoredObject;
import io.tidemark.storage.Companion;
import io.tidemark.storage.block.BlockName;
import io.tidemark.storage.block.IndexHeader;
import java.util.Optional;
import java.util.regex.Pattern;

/// A block in the store: `shard-0003/block_START_END_POSITION_LEVEL-CHECKSUM.tmb`. The key names the content, so that replicas that seal
/// the same block make one object, and one that seals another block of that name makes another.
///
/// A block's companion is an object of the same kind, `shard-0003/companion_START_END_POSITION_LEVEL-OF-CHECKSUM.tmb`, with the checksum
/// of the block that it was made of.
///
/// @param name     of the block, or of the one that this is the companion of
/// @param of       unsigned checksum of the block that this is the companion of, or {@link #NO_COMPANION}
/// @param checksum crc32c of the whole object
/// @param bytes    size of the object
record BlockObject(int shard, BlockName name, long of, int checksum, long bytes) {
  static final long NO_COMPANION = -1;
  private static final Pattern FORM = Pattern
      .compile("shard-(\\d{4,9})/(block|companion)(_[-_0-9]+?)(?:-([0-9a-f]{8}))?-([0-9a-f]{8})\\.tmb");
  private static final String BLOCK_SUFFIX = ".tmb";

  /// A block.
  BlockObject(int shard, BlockName name, int checksum, long bytes) {
    this(shard, name, NO_COMPANION, checksum, bytes);
  }

  /// The companion of this block.
  BlockObject companion(int itsChecksum, long itsBytes) {
    return new BlockObject(shard, name, Integer.toUnsignedLong(checksum), itsChecksum, itsBytes);
  }

  boolean isCompanion() {
    return of != NO_COMPANION;
  }

  /// What the keys of a shard begin with.
  static String folder(int shard) {
    return String.format("shard-%04d/", shard);
  }

  /// What the keys of a shard's blocks begin with.
  static String prefix(int shard) {
    return folder(shard) + "block_";
  }

  /// What the keys of their companions begin with.
  static String companionPrefix(int shard) {
    return folder(shard) + "companion_";
  }

  /// The block or companion in an object, if it is one.
  static Optional<BlockObject> parse(StoredObject object) {
    var matcher = FORM.matcher(object.key());
    boolean isOne = matcher.matches() && matcher.group(2).equals("companion") == (matcher.group(4) != null);
    if (!isOne) {
      return Optional.empty();
    }
    long of = matcher.group(4) == null ? NO_COMPANION : Long.parseLong(matcher.group(4), 16);
    return BlockName.parse("block" + matcher.group(3) + BLOCK_SUFFIX).map(name -> new BlockObject(Integer.parseInt(matcher.group(1)), name,
        of, Integer.parseUnsignedInt(matcher.group(5), 16), object.bytes()));
  }

  /// The name that the object bears inside.
  BlockName innerName() {
    return isCompanion() ? Companion.axis(name) : name;
  }

  /// The key of the block itself, be this the block or its companion.
  String blockKey() {
    return folder(shard) + blockStem() + "-" + hex(isCompanion() ? (int) of : checksum) + BLOCK_SUFFIX;
  }

  /// The block of an index header's file name, if it is one.
  static Optional<BlockObject> parseIndex(int shard, String fileName) {
    return !fileName.endsWith(IndexHeader.SUFFIX) ? Optional.empty()
        : parse(new StoredObject(folder(shard) + fileName.substring(0, fileName.length() - IndexHeader.SUFFIX.length()) + BLOCK_SUFFIX, 0));
  }

  private String blockStem() {
    String file = name.fileName();
    return file.substring(0, file.length() - BLOCK_SUFFIX.length());
  }

  private static String hex(int checksum) {
    return String.format("%08x", checksum);
  }

  private String stem() {
    return (isCompanion() ? blockStem().replaceFirst("block", "companion") + "-" + hex((int) of) : blockStem()) + "-" + hex(checksum);
  }

  String key() {
    return folder(shard) + stem() + BLOCK_SUFFIX;
  }

  /// Name of the local file with its index.
  String indexFileName() {
    return stem() + IndexHeader.SUFFIX;
  }
}
