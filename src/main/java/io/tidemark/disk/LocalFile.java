package io.tidemark.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

final class LocalFile implements DiskFile {
  private final Path path;
  private final FileChannel channel;

  LocalFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  @Override
  public long bytes() {
    return LocalDisk.run("read size of", path, channel::size);
  }

  @Override
  public int read(ByteBuffer into, long offset) {
    return LocalDisk.run("read", path, () -> {
      int total = 0;
      while (into.hasRemaining()) {
        int n = channel.read(into, offset + total);
        if (n < 0) {
          break;
        }
        total += n;
      }
      return total;
    });
  }

  @Override
  public void write(ByteBuffer from, long offset) {
    LocalDisk.run("write", path, () -> {
      long at = offset;
      while (from.hasRemaining()) {
        at += channel.write(from, at);
      }
      return at;
    });
  }

  @Override
  public void sync() {
    LocalDisk.run("sync", path, () -> {
      channel.force(false);
      return true;
    });
  }

  @Override
  public void truncate(long bytes) {
    LocalDisk.run("truncate", path, () -> {
      long now = channel.size();
      if (bytes < now) {
        channel.truncate(bytes);
      } else if (bytes > now) {
        channel.write(ByteBuffer.allocate(1), bytes - 1);
      }
      return true;
    });
  }

  @Override
  public MemorySegment map(long offset, long bytes, Arena arena) {
    return LocalDisk.run("map", path, () -> channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes, arena));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw LocalDisk.failure("close", path, e);
    }
  }
}
