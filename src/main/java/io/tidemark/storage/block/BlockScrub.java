package io.tidemark.storage.block;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.Damage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// Goes through the file of a block from its end to its pages and checks every byte of it, a piece at a time, past damage.
///
/// It reads the file, not the mapping that queries use, so that nothing becomes resident and a failed read is an exception. What the
/// system has in its cache hides what the disk has now. Calls block; one thread at a time. Between two calls no file is open.
public final class BlockScrub {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PIECE_BYTES = 256 * 1024;
  /// One damaged block names no more than this; the rest of it is read all the same.
  private static final int DAMAGES_MAX = 100;

  private final Disk disk;
  private final Path path;
  private final BlockName name;
  private final List<Damage> damages = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(PIECE_BYTES);
  private List<BlockPart> parts = List.of();
  private int next = -1;
  private long fileBytes;
  private long bytesRead;

  /// @param name what the block should be
  public BlockScrub(Disk disk, Path path, BlockName name) {
    this.disk = disk;
    this.path = path;
    this.name = name;
  }

  /// Everything that is wrong with a block's file.
  ///
  /// @throws TidemarkException what the disk throws
  public static List<Damage> damages(Disk disk, Path path, BlockName name) {
    var scrub = new BlockScrub(disk, path, name);
    scrub.step(Long.MAX_VALUE);
    return scrub.damages();
  }

  /// Reads on, at least one part, until `bytes` were read. Tells whether there is more.
  ///
  /// @throws TidemarkException what the disk throws
  public boolean step(long bytes) {
    long until = bytes > Long.MAX_VALUE - bytesRead ? Long.MAX_VALUE : bytesRead + bytes;
    try (DiskFile file = disk.openForRead(path)) {
      if (next < 0) {
        fileBytes = file.bytes();
        parts = index(file);
        next = 0;
      }
      while (next < parts.size() && bytesRead < until) {
        check(file, parts.get(next++));
      }
    }
    return next < parts.size();
  }

  /// What was found so far.
  public List<Damage> damages() {
    return List.copyOf(damages);
  }

  /// The parts that are known so far, in the order in which they are checked.
  List<BlockPart> parts() {
    return List.copyOf(parts);
  }

  public long bytesRead() {
    return bytesRead;
  }

  private void add(Damage damage) {
    if (damages.size() < DAMAGES_MAX) {
      damages.add(damage);
    }
  }

  /// Checks what is not under a checksum of another part and learns where the others are. What lies behind damage is not found.
  private List<BlockPart> index(DiskFile file) {
    if (fileBytes < BlockFormat.HEADER_BYTES + BlockFormat.TAIL_BYTES) {
      add(new Damage("file", 0, "at least " + (BlockFormat.HEADER_BYTES + BlockFormat.TAIL_BYTES) + " bytes", fileBytes + " bytes"));
      return List.of();
    }
    MemorySegment begin = MemorySegment.ofArray(read(file, 0, BlockFormat.HEADER_BYTES));
    try {
      BlockFormat.checkBegin(path.toString(), begin.get(INT, 0), begin.get(INT, 4));
    } catch (TidemarkException e) {
      add(new Damage("header", 0, "magic bytes TMBK and a version from " + BlockFormat.VERSION_MIN + " to " + BlockFormat.VERSION,
          Integer.toHexString(begin.get(INT, 0)) + " and version " + begin.get(INT, 4)));
    }
    int footerBytes = MemorySegment.ofArray(read(file, fileBytes - BlockFormat.TAIL_BYTES, BlockFormat.TAIL_BYTES)).get(INT, 0);
    int endBytes = (int) Math.min(fileBytes, Math.clamp(footerBytes, 0, BlockFormat.FOOTER_BYTES_MAX) + BlockFormat.TAIL_BYTES);
    long endAt = fileBytes - endBytes;
    BlockFooter footer;
    try {
      footer = BlockFooter.read(path.toString(), MemorySegment.ofArray(read(file, endAt, endBytes)), endAt);
    } catch (TidemarkException e) {
      add(new Damage("footer", fileBytes - BlockFormat.TAIL_BYTES, "a footer that says where the sections are", e.getMessage()));
      return List.of();
    }
    if (!footer.name().equals(name)) {
      add(new Damage("footer", fileBytes - BlockFormat.TAIL_BYTES, "the block " + name, "the block " + footer.name()));
    }
    return BlockPart.sections(footer);
  }

  private void check(DiskFile file, BlockPart part) {
    if (part.offset() < BlockFormat.HEADER_BYTES || part.bytes() < 0 || part.bytes() > fileBytes - part.offset()) {
      add(new Damage(part.name(), part.offset(), "a place within " + fileBytes + " bytes", part.bytes() + " bytes"));
      return;
    }
    boolean isDirectory = part.section() == BlockFormat.PAGES;
    ByteBuffer kept = isDirectory ? ByteBuffer.allocate((int) part.bytes()) : buffer;
    var crc = new CRC32C();
    long read = 0;
    while (read < part.bytes()) {
      ByteBuffer into = isDirectory ? kept.slice((int) read, (int) Math.min(PIECE_BYTES, part.bytes() - read))
          : buffer.clear().limit((int) Math.min(PIECE_BYTES, part.bytes() - read));
      int n = file.read(into, part.offset() + read);
      crc.update(into.flip());
      bytesRead += n;
      read += n;
      if (n == 0) {
        break;
      }
    }
    if (read < part.bytes()) {
      add(new Damage(part.name(), part.offset(), part.bytes() + " bytes", "only " + read));
    } else if ((int) crc.getValue() != part.checksum()) {
      add(Damage.ofChecksum(part.name(), part.offset(), part.checksum(), (int) crc.getValue()));
    } else if (isDirectory) {
      var all = new ArrayList<>(parts);
      all.addAll(BlockPart.pages(kept.array()));
      parts = all;
    }
  }

  private byte[] read(DiskFile file, long offset, int bytes) {
    var content = new byte[bytes];
    bytesRead += file.read(ByteBuffer.wrap(content), offset);
    return content;
  }
}
