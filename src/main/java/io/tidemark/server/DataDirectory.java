package io.tidemark.server;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Entropy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// The right to use one data directory, held as a lock on a file in it until closed.
final class DataDirectory implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;

  private DataDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /// Makes the directory if need be and takes its lock.
  ///
  /// @throws TidemarkException `CONFLICT` when another process has it, `DISK_FAILED` when it cannot be made
  static DataDirectory take(Path path) {
    try {
      Files.createDirectories(path);
      var channel = FileChannel.open(path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new TidemarkException(ErrorCode.CONFLICT, "data directory " + path.toAbsolutePath()
            + " is in use by another process; stop that one, or choose another with --data-dir");
      }
      return new DataDirectory(path, channel);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.DISK_FAILED, "cannot use data directory " + path.toAbsolutePath() + ": " + e.getMessage(), e);
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  Path path() {
    return path;
  }

  /// Which process works here: the id as configured, or one made at the first start and kept.
  ///
  /// @param configured empty for none
  /// @throws TidemarkException `DISK_FAILED` when it can be neither read nor written, `CORRUPT` when it is no id
  Identity identity(String configured, Entropy entropy, long startedAtMillis) {
    Path file = path.resolve("home");
    try {
      if (!Files.exists(file)) {
        Path unfinished = path.resolve("home.tmp");
        writeDurably(unfinished, String.format("%016x", entropy.nextLong()));
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      }
      byte[] content = Files.readAllBytes(file);
      // No bytes are refused by this charset.
      String home = new String(content, StandardCharsets.ISO_8859_1).strip();
      if (!home.matches("[0-9a-f]{16}")) {
        throw new TidemarkException(ErrorCode.CORRUPT, file + ": expected the id of this data directory, 16 hex digits, found "
            + (content.length == 0 ? "an empty file" : content.length + " bytes that are none") + "; restore it from a backup, or delete"
            + " it: the next start makes another id, which other nodes take for another node");
      }
      return new Identity(configured.isEmpty() ? "node-" + home.substring(0, 8) : configured, home,
          startedAtMillis);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.DISK_FAILED, file + ": cannot be read or written: " + e.getMessage(), e);
    }
  }

  /// A power cut must not leave an empty file under the name that it is moved to.
  private static void writeDurably(Path file, String text) throws IOException {
    try (var out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
      var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.DISK_FAILED, "cannot release data directory " + path + ": " + e.getMessage(), e);
    }
  }
}
