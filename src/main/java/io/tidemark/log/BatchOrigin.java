package io.tidemark.log;

import java.util.Optional;

/// Whose dictionary a batch record uses.
public record BatchOrigin(int writer, int epoch) {
  /// The origin of a record, or nothing when it is no batch record. Looks at the head only.
  public static Optional<BatchOrigin> of(byte[] record) {
    if (record.length < BatchFormat.RECORD_BYTES_MIN) {
      return Optional.empty();
    }
    int head = BatchFormat.getInt(record, BatchFormat.MAGIC_AT);
    if ((head & 0xffffff) != BatchFormat.MAGIC || !BatchFormat.isKnown(head >>> 24)) {
      return Optional.empty();
    }
    int writer = BatchFormat.getInt(record, BatchFormat.WRITER_AT);
    return Optional.of(new BatchOrigin(writer, BatchFormat.getInt(record, BatchFormat.EPOCH_AT)));
  }
}
