package io.tidemark.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

final class LocalFile implements DiskFile {
  /// Buffers in the heap are copied through one outside of it, which the JDK keeps for the thread up to this size (the launcher's
  /// `jdk.nio.maxCachedBufferSize`) and else makes, clears and frees each time.
  private static final int STEP_BYTES = 256 << 10;

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
      int begin = into.position();
      int end = into.limit();
      try {
        while (into.position() < end) {
          into.limit(Math.min(end, into.position() + STEP_BYTES));
          if (channel.read(into, offset + into.position() - begin) < 0) {
            break;
          }
        }
      } finally {
        into.limit(end);
      }
      return into.position() - begin;
    });
  }

  @Override
  public void write(ByteBuffer from, long offset) {
    LocalDisk.run("write", path, () -> {
      long at = offset;
      int end = from.limit();
      try {
        while (from.position() < end) {
          from.limit(Math.min(end, from.position() + STEP_BYTES));
          at += channel.write(from, at);
        }
      } finally {
        from.limit(end);
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
