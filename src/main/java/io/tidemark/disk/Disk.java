package io.tidemark.disk;

import java.nio.file.Path;
import java.util.List;

/// A file system, seen as durable storage. All calls block. Failures are `TidemarkException` with `DISK_FULL`, `DISK_FAILED` or
/// `NOT_FOUND`, their message naming the path.
public interface Disk {
  /// Creates a new file for reading and writing.
  ///
  /// @throws io.tidemark.model.TidemarkException `CONFLICT` when the name is taken
  DiskFile create(Path path);

  /// Opens an existing file for reading and writing.
  DiskFile open(Path path);

  /// Opens an existing file for reading only.
  DiskFile openForRead(Path path);

  boolean exists(Path path);

  /// Names directly inside `directory`, sorted; empty when it does not exist.
  List<Path> list(Path directory);

  void createDirectories(Path directory);

  /// Renames in one step, replacing `to` if it exists. Durable after `syncDirectory` of the parent.
  void rename(Path from, Path to);

  /// Removes a file, or an empty directory; nothing happens when it does not exist.
  void delete(Path path);

  /// Makes names created, renamed or deleted in `directory` durable.
  void syncDirectory(Path directory);

  /// Bytes that can still be written below `path`.
  long usableBytes(Path path);

  /// The machine's file system.
  static Disk local() {
    return LocalDisk.INSTANCE;
  }
}
