package io.tidemark.disk;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;

/// The operating system's file system.
enum LocalDisk implements Disk {
  INSTANCE;

  @Override
  public DiskFile create(Path path) {
    return run("create", path, () -> new LocalFile(path,
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)));
  }

  @Override
  public DiskFile open(Path path) {
    return run("open", path, () -> new LocalFile(path, FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)));
  }

  @Override
  public DiskFile openForRead(Path path) {
    return run("open", path, () -> new LocalFile(path, FileChannel.open(path, StandardOpenOption.READ)));
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path);
  }

  @Override
  public List<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    return run("list", directory, () -> {
      try (var names = Files.list(directory)) {
        return names.sorted().toList();
      }
    });
  }

  @Override
  public void createDirectories(Path directory) {
    run("create directory", directory, () -> Files.createDirectories(directory));
  }

  @Override
  public void rename(Path from, Path to) {
    run("rename", from, () -> Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING));
  }

  @Override
  public void delete(Path path) {
    run("delete", path, () -> Files.deleteIfExists(path));
  }

  @Override
  public void syncDirectory(Path directory) {
    run("sync directory", directory, () -> {
      try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
        return true;
      }
    });
  }

  @Override
  public long usableBytes(Path path) {
    return run("read free space of", path, () -> Files.getFileStore(path).getUsableSpace());
  }

  /// A piece of work that ends in an `IOException` at the operating system's will.
  interface Work<T> {
    T run() throws IOException;
  }

  static <T> T run(String what, Path path, Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw failure(what, path, e);
    }
  }

  static TidemarkException failure(String what, Path path, IOException e) {
    // These exceptions say nothing but the path.
    String reason = switch (e) {
      case NoSuchFileException _ -> "it does not exist";
      case FileAlreadyExistsException _ -> "it exists already";
      case DirectoryNotEmptyException _ -> "it is not empty";
      case AccessDeniedException _ -> "access is denied";
      default -> String.valueOf(e.getMessage());
    };
    ErrorCode code = switch (e) {
      case NoSuchFileException _ -> ErrorCode.NOT_FOUND;
      case FileAlreadyExistsException _ -> ErrorCode.CONFLICT;
      case DirectoryNotEmptyException _ -> ErrorCode.CONFLICT;
      default -> isFull(reason) ? ErrorCode.DISK_FULL : ErrorCode.DISK_FAILED;
    };
    return new TidemarkException(code, "cannot " + what + " " + path + ": " + reason, e);
  }

  private static boolean isFull(String reason) {
    String lower = reason.toLowerCase(Locale.ROOT);
    return lower.contains("no space left") || lower.contains("quota exceeded");
  }
}
