package io.tidemark.log.segment;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/// Goes through a segment's file for people. Blocks; one thread.
public final class SegmentDump {
  private SegmentDump() {}

  /// Hands on every whole record with its position, and gives a sentence for each damage.
  ///
  /// @param file named as segments are; in a folder that is not named as a partition's, its header tells the partition
  /// @throws TidemarkException `BAD_DATA` for another name, `NOT_SUPPORTED` for a segment of a newer release
  public static List<String> run(Disk disk, Path file, BiConsumer<Long, byte[]> record) {
    Optional<Long> first = SegmentFormat.firstPosition(file);
    if (first.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, file + ": a segment's name is its first position in 20 digits and .segment");
    }
    Path folder = file.toAbsolutePath().getParent().getFileName();
    Optional<Integer> partition = Optional.of(folder.toString()).filter(name -> name.matches("\\d{4,9}")).map(Integer::valueOf);
    long bytes;
    try (DiskFile open = disk.openForRead(file)) {
      bytes = open.bytes();
    }
    var damages = new ArrayList<String>();
    try (var scanner = new SegmentScanner(disk, new Segment(file, first.get(), bytes), bytes, SegmentScanner.OPEN_END)) {
      try {
        scanner.checkHeader(partition.orElse(scanner.partition()));
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.CORRUPT) {
          throw e;
        }
        damages.add("byte 0: " + e.getMessage());
      }
      while (scanner.next()) {
        record.accept(scanner.position(), scanner.payload());
      }
      for (Damage damage : scanner.damages()) {
        damages.add("byte " + damage.offset() + ", " + damage.bytes() + " bytes: no readable record" + (damage.to() == damage.from() ? ""
            : "; positions " + damage.from() + " up to " + damage.to() + " are lost"));
      }
    }
    return damages;
  }
}
