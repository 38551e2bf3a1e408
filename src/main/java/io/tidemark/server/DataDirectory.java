package io.tidemark.server;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.DISK_FAILED, "cannot release data directory " + path + ": " + e.getMessage(), e);
    }
  }
}
