package io.tidemark.storage;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Checksum;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.head.Head;
import io.tidemark.storage.head.HeadFrames;
import io.tidemark.storage.head.HeadLoader;
import io.tidemark.storage.head.HeadSnapshot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The checkpoint files of one shard. Calls block.
///
/// The newest two are kept, and the log only forgets what the older of them covers: when the newest is damaged, the one before and a
/// longer replay give the same head.
final class Checkpoints {
  private static final int KEPT = 2;
  private final Disk disk;
  private final Path directory;
  private volatile long bytes;

  Checkpoints(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
  }

  /// Positions of the checkpoints there are, ascending. Left-over temporary files are deleted.
  List<Long> open() {
    disk.createDirectories(directory);
    var positions = new ArrayList<Long>();
    for (Path path : disk.list(directory)) {
      String name = path.getFileName().toString();
      long position = CheckpointFormat.position(name);
      if (position >= 0) {
        positions.add(position);
      } else if (name.startsWith("checkpoint-") && name.endsWith(CheckpointFormat.TEMPORARY_SUFFIX)) {
        disk.delete(path);
      }
    }
    return positions;
  }

  /// The size of the checkpoint that was written or read last, 0 before the first. Any thread.
  long bytes() {
    return bytes;
  }

  Path path(long position) {
    return directory.resolve(CheckpointFormat.name(position));
  }

  /// Writes a snapshot; it is durable, and superseded checkpoints are gone, when this returns.
  ///
  /// @return the position before which the log may forget, 0 for none
  long write(HeadSnapshot snapshot) {
    Path path = path(snapshot.position());
    Path temporary = path.resolveSibling(path.getFileName() + CheckpointFormat.TEMPORARY_SUFFIX);
    disk.delete(temporary);
    try (DiskFile file = disk.create(temporary)) {
      bytes = new Output(file).write(snapshot);
      file.sync();
    } catch (TidemarkException e) {
      deleteQuietly(temporary, e);
      throw e;
    }
    disk.rename(temporary, path);
    disk.syncDirectory(directory);
    List<Long> positions = open();
    positions.sort(null);
    while (positions.size() > KEPT && positions.getFirst() < snapshot.position()) {
      disk.delete(path(positions.removeFirst()));
    }
    return positions.size() < KEPT ? 0 : positions.getFirst();
  }

  private void deleteQuietly(Path path, TidemarkException cause) {
    try {
      disk.delete(path);
    } catch (TidemarkException e) {
      cause.addSuppressed(e);
    }
  }

  /// Moves a damaged checkpoint out of the way.
  void quarantine(long position) {
    Path path = path(position);
    disk.rename(path, path.resolveSibling(path.getFileName() + CheckpointFormat.DAMAGED_SUFFIX));
    disk.syncDirectory(directory);
  }

  /// Lets the newest checkpoint, of a log that was lost, stand before the records of the new one from `to` on. Others beyond that are of
  /// the lost log too, and go: were they left, a later start would take them for the newest of the new log, and pass over records.
  void moveBack(long position, long to) {
    for (long other : open()) {
      if (other > to && other != position) {
        disk.delete(path(other));
      }
    }
    disk.rename(path(position), path(to));
    disk.syncDirectory(directory);
  }

  /// Fills an empty head from a checkpoint.
  ///
  /// @param windowMillis what the head works with
  /// @return the log position to go on from: that of the name, when {@link #moveBack} gave it a lower one
  /// @throws TidemarkException `CORRUPT` when a byte of it is wrong or missing; the head is useless then
  long read(long position, Head head, long windowMillis) {
    Path path = path(position);
    try (DiskFile file = disk.openForRead(path)) {
      bytes = file.bytes();
      return Math.min(position, new Input(path, file).read(head, windowMillis));
    }
  }

  /// Writes a line a frame of a checkpoint's file and tells what is damaged; frames behind damage are only looked at with `goesOn`.
  static List<Damage> dump(Disk disk, Path path, boolean goesOn, Consumer<String> out) {
    var damages = new ArrayList<Damage>();
    try (DiskFile file = disk.openForRead(path)) {
      long end = file.bytes();
      out.accept("checkpoint of " + end + " bytes, version " + int32(file, 4));
      long at = CheckpointFormat.HEADER_BYTES;
      for (int frame = 0; damages.isEmpty() || goesOn; frame++) {
        if (at + CheckpointFormat.FRAME_HEADER_BYTES > end) {
          damages.add(new Damage("frame " + frame, at, "a frame or the end", "the end of the file"));
          return damages;
        }
        int bytes = int32(file, at);
        int expected = int32(file, at + 4);
        if (bytes == 0) {
          out.accept("end at byte " + at + ": " + expected + " frames");
          if (expected != frame || at + CheckpointFormat.FRAME_HEADER_BYTES != end) {
            damages.add(new Damage("end", at, expected + " frames and nothing behind", frame + " frames"));
          }
          return damages;
        }
        if (bytes < 0 || bytes > CheckpointFormat.FRAME_BYTES_MAX || at + CheckpointFormat.FRAME_HEADER_BYTES + bytes > end) {
          damages.add(new Damage("frame " + frame, at, "a frame within the file", "one of " + bytes + " bytes"));
          return damages;
        }
        var content = new byte[bytes];
        file.read(ByteBuffer.wrap(content), at + CheckpointFormat.FRAME_HEADER_BYTES);
        int found = Checksum.crc32c(content, 0, bytes);
        out.accept("frame " + frame + " " + HeadFrames.name(content[0]) + ": byte " + at + ", " + bytes + " bytes, crc32c "
            + Integer.toHexString(expected) + ", " + (found == expected ? "whole" : "DAMAGED, checksum " + Integer.toHexString(found)));
        if (found != expected) {
          damages.add(Damage.ofChecksum("frame " + frame, at, expected, found));
        }
        at += CheckpointFormat.FRAME_HEADER_BYTES + bytes;
      }
    }
    return damages;
  }

  private static int int32(DiskFile file, long at) {
    var bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    file.read(bytes, at);
    return bytes.getInt(0);
  }

  private static final class Output {
    private final DiskFile file;
    private final ByteWriter header = new ByteWriter(16);
    private long at;
    private int frames;

    Output(DiskFile file) {
      this.file = file;
    }

    /// Returns how many bytes it took.
    long write(HeadSnapshot snapshot) {
      header.writeInt(CheckpointFormat.MAGIC);
      header.writeInt(CheckpointFormat.VERSION);
      flush(header);
      snapshot.write(this::frame);
      header.clear();
      header.writeInt(0);
      header.writeInt(frames);
      flush(header);
      return at;
    }

    private void frame(ByteWriter content) {
      header.clear();
      header.writeInt(content.count());
      header.writeInt(Checksum.crc32c(content.array(), 0, content.count()));
      flush(header);
      flush(content);
      frames++;
    }

    private void flush(ByteWriter bytes) {
      file.write(ByteBuffer.wrap(bytes.array(), 0, bytes.count()), at);
      at += bytes.count();
    }
  }

  private static final class Input {
    private final Path path;
    private final DiskFile file;
    private final ByteReader reader;
    private byte[] bytes = new byte[64];
    private long at;

    Input(Path path, DiskFile file) {
      this.path = path;
      reader = new ByteReader(path.toString(), bytes);
      this.file = file;
    }

    long read(Head head, long windowMillis) {
      ByteReader header = next(CheckpointFormat.HEADER_BYTES);
      int magic = header.readInt();
      if (magic != CheckpointFormat.MAGIC) {
        throw corrupt("expected the magic bytes TMCK, found " + Integer.toHexString(magic));
      }
      int version = header.readInt();
      if (version < CheckpointFormat.VERSION_MIN || version > CheckpointFormat.VERSION) {
        if (isOfKnownVersion()) {
          throw corrupt("version " + version + ", of which its head knows nothing");
        }
        throw new TidemarkException(ErrorCode.NOT_SUPPORTED, path + ": checkpoint version " + version + ", this release reads versions "
            + CheckpointFormat.VERSION_MIN + " to " + CheckpointFormat.VERSION + "; start the release that wrote it");
      }
      var loader = new HeadLoader(version, path.toString(), head, windowMillis);
      int frames = 0;
      while (true) {
        ByteReader frameHeader = next(CheckpointFormat.FRAME_HEADER_BYTES);
        int bytes = frameHeader.readInt();
        int checksum = frameHeader.readInt();
        if (bytes == 0) {
          if (checksum != frames || at != file.bytes()) {
            throw corrupt("expected " + checksum + " frames, found " + frames);
          }
          return loader.position();
        }
        if (bytes < 0 || bytes > CheckpointFormat.FRAME_BYTES_MAX) {
          throw corrupt("a frame of " + bytes + " bytes");
        }
        ByteReader content = next(bytes);
        int found = Checksum.crc32c(content.array(), 0, bytes);
        if (found != checksum) {
          throw corrupt("frame " + frames + ": checksum " + Integer.toHexString(found) + ", its header says "
              + Integer.toHexString(checksum));
        }
        loader.load(content);
        frames++;
      }
    }

    /// Whether the first frame is whole and says that a version is known: the file's first bytes have no checksum.
    private boolean isOfKnownVersion() {
      try {
        ByteReader frame = next(CheckpointFormat.FRAME_HEADER_BYTES);
        int bytes = frame.readInt();
        int checksum = frame.readInt();
        if (bytes < 1 || bytes > CheckpointFormat.FRAME_BYTES_MAX) {
          return false;
        }
        ByteReader content = next(bytes);
        return Checksum.crc32c(content.array(), 0, bytes) == checksum && HeadFrames.saysKnownVersion(content);
      } catch (TidemarkException e) {
        return false;
      }
    }

    /// Valid until the next call.
    private ByteReader next(int count) {
      if (count > bytes.length) {
        bytes = new byte[Math.max(count, bytes.length * 2)];
      }
      int n = file.read(ByteBuffer.wrap(bytes, 0, count), at);
      if (n < count) {
        throw corrupt("expected " + count + " more bytes, found " + n);
      }
      at += count;
      reader.set(bytes, 0, count);
      return reader;
    }

    private TidemarkException corrupt(String what) {
      return new TidemarkException(ErrorCode.CORRUPT, path + ": damaged at byte " + at + ": " + what);
    }
  }
}
