package io.tidemark.transfer.tsdb;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The file `tombstones` of a block: what was deleted but is still in its chunks.
///
/// ```
/// magic 0x0130ba30 | version u8 1 | deletes … | crc32c of the deletes
/// delete: varint ref of the series | zigzag first millisecond | zigzag last millisecond
/// ```
final class Tombstones {
  private static final long MAGIC = 0x0130ba30L;
  private static final int VERSION = 1;
  private static final String PART = "tombstones";

  /// First and last millisecond, both deleted.
  private record Span(long first, long last) {}

  private final Map<Long, List<Span>> bySeries = new HashMap<>();

  /// A missing file means that nothing was deleted.
  static Tombstones read(Path path, Arena arena) {
    var tombstones = new Tombstones();
    if (!Files.exists(path)) {
      return tombstones;
    }
    MappedFile file = MappedFile.open(path, arena);
    if (file.intAt(PART, 0) != MAGIC) {
      throw file.damaged(PART, 0, "magic 0130ba30", Long.toHexString(file.intAt(PART, 0)));
    }
    file.within(PART, 4, 5);
    file.check(PART, 5, file.size() - 9);
    if (file.byteAt(PART, 4) != VERSION) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED,
          file.damaged(PART, 4, "version 1", "version " + file.byteAt(PART, 4)).getMessage());
    }
    MappedFile.Cursor cursor = file.new Cursor(PART);
    cursor.set(5, file.size() - 4);
    while (!cursor.isAtEnd()) {
      tombstones.bySeries.computeIfAbsent(cursor.varint(), _ -> new ArrayList<>()).add(new Span(cursor.zigzag(), cursor.zigzag()));
    }
    return tombstones;
  }

  boolean has(long ref, long timestampMillis) {
    return bySeries.getOrDefault(ref, List.of()).stream().anyMatch(s -> timestampMillis >= s.first && timestampMillis <= s.last);
  }

  boolean isEmpty(long ref) {
    return !bySeries.containsKey(ref);
  }
}
