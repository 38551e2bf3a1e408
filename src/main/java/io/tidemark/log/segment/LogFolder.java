package io.tidemark.log.segment;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The folder of a log: a file that fixes the number of partitions, and a folder for each of them.
final class LogFolder {
  private static final Logger LOG = LoggerFactory.getLogger(LogFolder.class);
  private static final String FACTS = "log.facts";
  private static final Pattern FORM = Pattern.compile("(tidemark log (\\d+)\npartitions (\\d{1,6})\n)crc32c ([0-9a-f]{8})\n");
  private static final int VERSION = 1;
  private static final int FACTS_BYTES_MAX = 1024;

  private final Disk disk;
  private final Path path;

  LogFolder(Disk disk, Path path) {
    this.disk = disk;
    this.path = path;
  }

  Path partition(int number) {
    return path.resolve(String.format(Locale.ROOT, "%04d", number));
  }

  /// Makes the folder, or checks that it was made for as many partitions. What the file says is nothing that the partitions' folders do
  /// not show too: when it is damaged or missing and they fit, it is written again, with a warning.
  ///
  /// @throws TidemarkException `BAD_DATA` for another number of partitions, `CORRUPT`, `NOT_SUPPORTED`
  void prepare(int partitions) {
    disk.createDirectories(path);
    if (disk.exists(path.resolve(FACTS))) {
      check(partitions);
      // The start that made the names may have failed to make them durable.
      syncNames();
      return;
    }
    if (partitionsHere().stream().anyMatch(folder -> !disk.list(folder).isEmpty())) {
      replace(partitions, "missing");
      return;
    }
    for (int i = 0; i < partitions; i++) {
      disk.createDirectories(partition(i));
    }
    write(partitions);
    syncNames();
  }

  /// Reads the header of every segment, so that one that lies in the wrong place ends the start and not a read long after.
  ///
  /// @throws TidemarkException `CORRUPT` for one that belongs elsewhere, `NOT_SUPPORTED` for one of a newer release
  void checkPlaces(int partitions) {
    for (int i = 0; i < partitions; i++) {
      for (Path file : disk.list(partition(i))) {
        Optional<Long> first = SegmentFormat.firstPosition(file);
        if (first.isPresent()) {
          checkPlace(new Segment(file, first.get(), SegmentFormat.HEADER_BYTES), i);
        }
      }
    }
  }

  private void checkPlace(Segment segment, int partition) {
    try (var scanner = new SegmentScanner(disk, segment, SegmentFormat.HEADER_BYTES, SegmentScanner.OPEN_END)) {
      scanner.checkHeader(partition);
    }
  }

  private void syncNames() {
    disk.syncDirectory(path);
    if (path.getParent() != null) {
      disk.syncDirectory(path.getParent());
    }
  }

  private void check(int partitions) {
    Path facts = path.resolve(FACTS);
    String text;
    try (DiskFile file = disk.openForRead(facts)) {
      ByteBuffer content = ByteBuffer.allocate(FACTS_BYTES_MAX);
      int bytes = file.read(content, 0);
      text = new String(content.array(), 0, bytes, StandardCharsets.UTF_8);
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || !checksum(matcher.group(1)).equals(matcher.group(4))) {
      replace(partitions, "damaged");
      return;
    }
    if (!matcher.group(2).equals(String.valueOf(VERSION))) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, facts + ": log version " + matcher.group(2) + ", this release reads version "
          + VERSION + "; start the release that wrote it");
    }
    int found = Integer.parseInt(matcher.group(3));
    if (found != partitions) {
      throw new TidemarkException(ErrorCode.BAD_DATA, facts + ": the log has " + found + " partitions, the configuration says "
          + partitions + "; the number is fixed when the data directory is made: set it back to " + found + " or use a new directory");
    }
    for (int i = 0; i < partitions; i++) {
      disk.createDirectories(partition(i));
    }
  }

  /// The folders of partitions that there are.
  private List<Path> partitionsHere() {
    return disk.list(path).stream().filter(child -> child.getFileName().toString().matches("\\d{4,6}")).toList();
  }

  private void replace(int partitions, String wrong) {
    Path facts = path.resolve(FACTS);
    List<Path> here = partitionsHere();
    if (!Set.copyOf(here).equals(IntStream.range(0, partitions).mapToObj(this::partition).collect(Collectors.toSet()))) {
      throw new TidemarkException(ErrorCode.CORRUPT, facts + ": " + wrong + ", and beside it lie "
          + (here.isEmpty() ? "no partitions" : here.size() + " partitions, " + here.getFirst().getFileName() + " to "
              + here.getLast().getFileName()) + ", where the configuration says " + partitions
          + "; set the number of partitions to what it was, or restore the folder from a backup");
    }
    write(partitions);
    syncNames();
    LOG.atWarn().addKeyValue("file", facts).addKeyValue("partitions", partitions)
        .log("The file that fixes the number of partitions was {}; the folders of the partitions fit the configuration, so it is written"
            + " again", wrong);
  }

  private void write(int partitions) {
    String content = "tidemark log " + VERSION + "\npartitions " + partitions + "\n";
    byte[] bytes = (content + "crc32c " + checksum(content) + "\n").getBytes(StandardCharsets.UTF_8);
    Path unfinished = path.resolve(FACTS + ".new");
    disk.delete(unfinished);
    try (DiskFile file = disk.create(unfinished)) {
      file.write(ByteBuffer.wrap(bytes), 0);
      file.sync();
    }
    disk.rename(unfinished, path.resolve(FACTS));
  }

  private static String checksum(String content) {
    var crc = new CRC32C();
    crc.update(content.getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }
}
