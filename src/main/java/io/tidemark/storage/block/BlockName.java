package io.tidemark.storage.block;

import java.util.Optional;
import java.util.regex.Pattern;

/// What a block's file name says: `block_START_END_POSITION_LEVEL.tmb`.
///
/// @param startMillis start of the time that the block stands for, inclusive
/// @param endMillis   its end, exclusive; all samples are within
/// @param position    the log position before which all its samples were appended: of two blocks the one with the higher is newer
/// @param level       how often its samples were compacted; 0 for a sealed window
public record BlockName(long startMillis, long endMillis, long position, int level) implements Comparable<BlockName> {
  private static final Pattern FORM = Pattern.compile("block_(-?\\d{1,18})_(-?\\d{1,18})_(\\d{1,18})_(\\d{1,4})\\.tmb");

  public BlockName {
    if (endMillis <= startMillis || position < 0 || level < 0) {
      throw new IllegalArgumentException("block " + startMillis + " to " + endMillis + " at " + position + ", level " + level);
    }
  }

  /// The name in a file name, if it is one.
  public static Optional<BlockName> parse(String fileName) {
    var matcher = FORM.matcher(fileName);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long start = Long.parseLong(matcher.group(1));
    long end = Long.parseLong(matcher.group(2));
    return end <= start ? Optional.empty()
        : Optional.of(new BlockName(start, end, Long.parseLong(matcher.group(3)), Integer.parseInt(matcher.group(4))));
  }

  /// The block whose damaged file, put aside, has this name.
  public static Optional<BlockName> parseDamaged(String fileName) {
    return fileName.endsWith(BlockFormat.DAMAGED_SUFFIX)
        ? parse(fileName.substring(0, fileName.length() - BlockFormat.DAMAGED_SUFFIX.length())) : Optional.empty();
  }

  /// Name of the block's file when it is damaged and put aside.
  public String damagedFileName() {
    return fileName() + BlockFormat.DAMAGED_SUFFIX;
  }

  public String fileName() {
    return "block_" + startMillis + "_" + endMillis + "_" + position + "_" + level + BlockFormat.SUFFIX;
  }

  /// The older first.
  @Override
  public int compareTo(BlockName other) {
    int c = Long.compare(position, other.position);
    if (c == 0) {
      c = Integer.compare(level, other.level);
    }
    if (c == 0) {
      c = Long.compare(startMillis, other.startMillis);
    }
    return c == 0 ? Long.compare(endMillis, other.endMillis) : c;
  }

  @Override
  public String toString() {
    return fileName();
  }
}
