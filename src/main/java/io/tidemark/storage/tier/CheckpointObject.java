package io.tidemark.storage.tier;

import io.tidemark.objects.StoredObject;
import java.util.Optional;
import java.util.regex.Pattern;

/// A checkpoint in the store: `shard-0003/checkpoint-POSITION-CHECKSUM.ckpt`, the position in 20 digits.
///
/// @param checksum crc32c of the whole file
record CheckpointObject(int shard, long position, int checksum, long bytes) {
  private static final Pattern FORM = Pattern.compile("shard-(\\d{4,9})/checkpoint-0([0-9]{19})-([0-9a-f]{8})\\.ckpt");

  static String prefix(int shard) {
    return BlockObject.folder(shard) + "checkpoint-";
  }

  static Optional<CheckpointObject> parse(StoredObject object) {
    var matcher = FORM.matcher(object.key());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new CheckpointObject(Integer.parseInt(matcher.group(1)), Long.parseLong(matcher.group(2)),
          Integer.parseUnsignedInt(matcher.group(3), 16), object.bytes()));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  String key() {
    return prefix(shard) + String.format("%020d-%08x.ckpt", position, checksum);
  }
}
