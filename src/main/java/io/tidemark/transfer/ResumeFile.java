package io.tidemark.transfer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// How far an import has come, in a file of four lines: what is imported and where to, the place up to which everything is acknowledged,
/// how many samples that were, and `end`.
///
/// It is written at most once a second, so an import that was killed sends again what it had sent in its last second; samples that are
/// there already do not change. Not for several threads at once.
final class ResumeFile {
  private static final long WRITE_NANOS_MIN = 1_000_000_000;
  private static final String END = "end";

  private final Path path;
  private final String source;
  private final Clock clock;
  private long writtenNanos;
  private String place = "";
  private long samples;

  private ResumeFile(Path path, String source, Clock clock) {
    this.path = path;
    this.source = source;
    this.clock = clock;
    writtenNanos = clock.nanos();
  }

  /// Reads the file, if there is one.
  ///
  /// @param source what is imported, in one line
  /// @throws TidemarkException `BAD_DATA` when the file is about something else
  static ResumeFile open(Path path, String source, Clock clock) {
    var file = new ResumeFile(path, source, clock);
    try {
      List<String> lines = Files.readAllLines(path);
      if (lines.size() != 4 || !lines.get(3).equals(END) || !lines.get(2).matches("\\d{1,18}")) {
        throw new TidemarkException(ErrorCode.BAD_DATA, path + ": not a state of an import; delete it, or name another by --state");
      }
      if (!lines.getFirst().equals(source)) {
        throw new TidemarkException(ErrorCode.BAD_DATA, path + " is the state of another import, which has not ended:\n  there: "
            + lines.getFirst() + "\n  now:   " + source + "\nDelete it to begin anew (what is there already is not doubled), or name "
            + "another by --state");
      }
      file.place = lines.get(1);
      file.samples = Long.parseLong(lines.get(2));
    } catch (NoSuchFileException e) {
      file.write();
    } catch (IOException e) {
      throw failed(path, e);
    }
    return file;
  }

  /// Where to go on; empty at the beginning.
  String place() {
    return place;
  }

  long samples() {
    return samples;
  }

  /// Notes that everything before `next` is acknowledged, `more` samples further than so far.
  void acknowledged(String next, long more) {
    place = next;
    samples += more;
    if (clock.nanos() - writtenNanos >= WRITE_NANOS_MIN) {
      write();
    }
  }

  /// Writes what is known, durably.
  void write() {
    Path next = path.resolveSibling(path.getFileName() + ".new");
    try {
      Files.write(next, List.of(source, place, Long.toString(samples), END), StandardCharsets.UTF_8);
      try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failed(path, e);
    }
    writtenNanos = clock.nanos();
  }

  /// Ends the import: the next one begins anew.
  void delete() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw failed(path, e);
    }
  }

  private static TidemarkException failed(Path path, IOException e) {
    return new TidemarkException(ErrorCode.BAD_DATA, path + ": the state of the import cannot be kept there ("
        + e.getClass().getSimpleName() + "); name another file by --state", e);
  }
}
