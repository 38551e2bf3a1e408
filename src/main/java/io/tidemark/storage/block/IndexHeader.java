package io.tidemark.storage.block;

import io.tidemark.codec.ByteWriter;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/// What is kept on the local disk of a block whose bytes lie in an object store: everything but its pages, so that series are found
/// without asking the store. It can be made again from the object at any time.
///
/// @param path        the file
/// @param blockBytes  size of the block
/// @param checksum    crc32c of the whole block
/// @param indexOffset where in the block the index begins
/// @param isReadBack  whether this node has read the whole object back and found this checksum, so that its own copy may go
/// @param index       the block's bytes from the index offset on, mapped
public record IndexHeader(Path path, long blockBytes, int checksum, long indexOffset, boolean isReadBack, MemorySegment index) {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// File names end so.
  public static final String SUFFIX = IndexHeaderFormat.SUFFIX;
  /// How many of a block's first bytes {@link #checkBegin} asks for.
  public static final int BEGIN_BYTES = BlockFormat.HEADER_BYTES;
  /// How many of a block's last bytes {@link #indexOffset(String, byte[], long)} asks for; all of them when it has fewer.
  public static final int END_BYTES = BlockFormat.FOOTER_BYTES_MAX + BlockFormat.TAIL_BYTES;

  /// Checks that these are the first bytes of a block of a version that this release reads.
  ///
  /// @param source what messages call the block
  /// @throws TidemarkException `CORRUPT`, or `NOT_SUPPORTED` for another version
  public static void checkBegin(String source, byte[] begin) {
    MemorySegment bytes = MemorySegment.ofArray(begin);
    BlockFormat.checkBegin(source, bytes.get(INT, 0), bytes.get(INT, 4));
  }

  /// Where the index of a block begins.
  ///
  /// @param end        its last bytes
  /// @param blockBytes its size
  /// @throws TidemarkException `CORRUPT` when the footer is damaged or points outside, `TOO_LARGE` for an index of more than 1 GiB
  public static long indexOffset(String source, byte[] end, long blockBytes) {
    long offset = BlockFooter.read(source, MemorySegment.ofArray(end), blockBytes - end.length).indexOffset();
    if (offset < BlockFormat.HEADER_BYTES || offset >= blockBytes) {
      throw new TidemarkException(ErrorCode.CORRUPT, source + ": damaged: its sections begin at byte " + offset + " of " + blockBytes);
    }
    if (blockBytes - offset > IndexHeaderFormat.INDEX_BYTES_MAX) {
      throw new TidemarkException(ErrorCode.TOO_LARGE, source + ": an index of " + (blockBytes - offset) + " bytes, at most "
          + IndexHeaderFormat.INDEX_BYTES_MAX + "; lower storage.block_duration_max");
    }
    return offset;
  }

  /// Writes an index header of a block, whichever of the versions it has that this release reads; it is durable when this returns.
  ///
  /// @param checksum   crc32c of the whole block
  /// @param isReadBack see {@link #isReadBack}
  /// @param index      the block's last bytes, from its index offset on
  public static void write(Disk disk, Path path, long blockBytes, int checksum, boolean isReadBack, byte[] index) {
    var header = new ByteWriter(IndexHeaderFormat.HEADER_BYTES);
    header.writeInt(IndexHeaderFormat.MAGIC);
    header.writeInt(IndexHeaderFormat.VERSION);
    header.writeInt(BlockFormat.VERSION);
    header.writeInt(checksum);
    header.writeLong(blockBytes);
    header.writeLong(blockBytes - index.length);
    header.writeInt(isReadBack ? 1 : 0);
    var crc = new CRC32C();
    crc.update(header.array(), 0, header.count());
    crc.update(index, 0, index.length);
    var tail = new ByteWriter(IndexHeaderFormat.TAIL_BYTES);
    tail.writeInt((int) crc.getValue());
    tail.writeInt(IndexHeaderFormat.END_MAGIC);
    Path temporary = path.resolveSibling(path.getFileName() + IndexHeaderFormat.TEMPORARY_SUFFIX);
    disk.delete(temporary);
    try {
      try (DiskFile file = disk.create(temporary)) {
        file.write(ByteBuffer.wrap(header.array(), 0, header.count()), 0);
        file.write(ByteBuffer.wrap(index), header.count());
        file.write(ByteBuffer.wrap(tail.array(), 0, tail.count()), (long) header.count() + index.length);
        file.sync();
      }
      disk.rename(temporary, path);
      disk.syncDirectory(path.getParent());
    } catch (TidemarkException e) {
      try {
        disk.delete(temporary);
      } catch (TidemarkException deletion) {
        e.addSuppressed(deletion);
      }
      throw e;
    }
  }

  /// Opens an index header and checks all of it.
  ///
  /// @throws TidemarkException `CORRUPT` for a damaged or cut file, `NOT_SUPPORTED` for another version, `NOT_FOUND` when there is none;
  ///     with each of them it can be fetched again
  public static IndexHeader open(Disk disk, Path path) {
    try (DiskFile file = disk.openForRead(path)) {
      long bytes = file.bytes();
      if (bytes < IndexHeaderFormat.HEADER_BYTES + IndexHeaderFormat.TAIL_BYTES) {
        throw corrupt(path, "an index header of " + bytes + " bytes; it was cut");
      }
      MemorySegment all = file.map(0, bytes, Arena.ofAuto());
      long indexBytes = bytes - IndexHeaderFormat.HEADER_BYTES - IndexHeaderFormat.TAIL_BYTES;
      check(path, all, indexBytes);
      return new IndexHeader(path, all.get(LONG, IndexHeaderFormat.BLOCK_BYTES_AT), all.get(INT, IndexHeaderFormat.CHECKSUM_AT),
          all.get(LONG, IndexHeaderFormat.INDEX_OFFSET_AT), all.get(INT, IndexHeaderFormat.READ_BACK_AT) == 1,
          all.asSlice(IndexHeaderFormat.HEADER_BYTES, indexBytes));
    }
  }

  private static void check(Path path, MemorySegment all, long indexBytes) {
    long tailAt = IndexHeaderFormat.HEADER_BYTES + indexBytes;
    int magic = all.get(INT, 0);
    if (magic != IndexHeaderFormat.MAGIC || all.get(INT, tailAt + 4) != IndexHeaderFormat.END_MAGIC) {
      throw corrupt(path, "expected the magic bytes TMIH and TMIE, found " + Integer.toHexString(magic) + " and "
          + Integer.toHexString(all.get(INT, tailAt + 4)));
    }
    int version = all.get(INT, 4);
    int blockVersion = all.get(INT, IndexHeaderFormat.BLOCK_VERSION_AT);
    if (version != IndexHeaderFormat.VERSION || !BlockFormat.isRead(blockVersion)) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, path + ": index header version " + version + " of block version "
          + blockVersion + ", this release reads version " + IndexHeaderFormat.VERSION + " of block versions " + BlockFormat.VERSION_MIN
          + " to " + BlockFormat.VERSION);
    }
    var crc = new CRC32C();
    crc.update(all.asSlice(0, tailAt).asByteBuffer());
    int expected = all.get(INT, tailAt);
    if ((int) crc.getValue() != expected) {
      throw corrupt(path, "checksum " + Integer.toHexString((int) crc.getValue()) + ", expected " + Integer.toHexString(expected));
    }
    if (all.get(LONG, IndexHeaderFormat.BLOCK_BYTES_AT) - all.get(LONG, IndexHeaderFormat.INDEX_OFFSET_AT) != indexBytes) {
      throw corrupt(path, "an index of " + indexBytes + " bytes, its header says another length");
    }
  }

  private static TidemarkException corrupt(Path path, String what) {
    return new TidemarkException(ErrorCode.CORRUPT, path + ": damaged: " + what);
  }
}
