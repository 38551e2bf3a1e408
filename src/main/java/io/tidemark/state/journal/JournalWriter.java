package io.tidemark.state.journal;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.TidemarkException;
import io.tidemark.state.State.Entry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;

/// One generation of the journal. Used by one commit at a time; fails once, then the next generation takes its place.
final class JournalWriter {
  private static final int BUFFER_BYTES = 1024 * 1024;
  private static final byte[] NOTHING = new byte[0];

  private final Disk disk;
  private final Path path;
  private final Path unfinished;
  private final DiskFile file;
  private ByteBuffer buffer = JournalFormat.buffer(BUFFER_BYTES);
  private long bytes;
  private long groupStart = JournalFormat.HEADER_BYTES;

  /// Begins a file that is not in force before {@link #install}.
  JournalWriter(Disk disk, Path folder, long generation, long stateVersion) {
    this.disk = disk;
    path = JournalFormat.path(folder, generation);
    unfinished = JournalFormat.unfinishedPath(path);
    disk.delete(unfinished);
    file = disk.create(unfinished);
    JournalFormat.putHeader(buffer, generation, stateVersion);
  }

  /// Writes the whole state, makes it durable and puts this generation in force by one rename.
  void install(Collection<Entry> entries) {
    try {
      for (Entry entry : entries) {
        add(JournalFormat.PUT, entry.version(), entry.key(), entry.value());
      }
      // The mark says that the state before it is whole: a hole in it can only be decay.
      groupStart = bytes + buffer.position();
      add(JournalFormat.END, 0, "", NOTHING);
      write();
      file.sync();
      groupStart = bytes;
      disk.rename(unfinished, path);
      disk.syncDirectory(path.getParent());
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Adds a write to the group.
  void add(byte kind, long version, String key, byte[] value) {
    byte[] utf8 = key.getBytes(StandardCharsets.UTF_8);
    int needed = JournalFormat.frameBytes(utf8, value);
    if (needed > buffer.remaining()) {
      write();
      if (needed > buffer.capacity()) {
        buffer = JournalFormat.buffer(needed);
      }
    }
    JournalFormat.putFrame(buffer, (int) Math.max(0, bytes + buffer.position() - groupStart), kind, version, utf8, value);
  }

  private void write() {
    buffer.flip();
    int length = buffer.remaining();
    file.write(buffer, bytes);
    bytes += length;
    buffer.clear();
  }

  /// Makes the group durable.
  void commit() {
    write();
    file.sync();
    groupStart = bytes;
  }

  /// Bytes of the file.
  long bytes() {
    return bytes;
  }

  /// Notes that everything is durable, and closes.
  void end() {
    try {
      groupStart = bytes;
      add(JournalFormat.END, 0, "", NOTHING);
      commit();
    } finally {
      file.close();
    }
  }

  /// Gives up after a failure.
  ///
  /// @throws TidemarkException when even closing fails; nothing depends on it
  void abandon() {
    file.close();
  }
}
