package io.tidemark.transfer.tsdb;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The files of a block's folder `chunks`, `000001` and so on.
///
/// ```
/// magic 0x85bd40dd | version u8 1 | three bytes | chunks …
/// chunk: varint bytes of data | encoding u8 | data | crc32c of encoding and data
/// ```
/// A chunk is named by the number of its file, from 0, in the high half of a ref, and by its byte in the low half.
final class ChunkFiles {
  private static final long MAGIC = 0x85bd40ddL;
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 8;
  /// More than any chunk has: 65,535 samples of histograms with many buckets.
  private static final long CHUNK_BYTES_MAX = 256L << 20;

  private final List<MappedFile> files = new ArrayList<>();
  private final List<MappedFile.Cursor> cursors = new ArrayList<>();
  private final Path folder;
  private byte[] data = new byte[1024];
  private int count;
  private int encoding;

  ChunkFiles(Path folder, Arena arena) {
    this.folder = folder;
    for (Path path : paths(folder)) {
      MappedFile file = MappedFile.open(path, arena);
      if (file.intAt("header", 0) != MAGIC) {
        throw file.damaged("header", 0, "magic 85bd40dd", Long.toHexString(file.intAt("header", 0)));
      }
      if (file.byteAt("header", 4) != VERSION) {
        throw new TidemarkException(ErrorCode.NOT_SUPPORTED,
            file.damaged("header", 4, "version 1", "version " + file.byteAt("header", 4)).getMessage());
      }
      files.add(file);
      cursors.add(file.new Cursor("chunk"));
    }
  }

  private static List<Path> paths(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> path.getFileName().toString().matches("\\d{6,}")).sorted().toList();
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.NOT_FOUND, folder + ": cannot be listed (" + e.getClass().getSimpleName() + ")", e);
    }
  }

  /// Reads one chunk; what it is is told until the next call.
  ///
  /// @throws TidemarkException `CORRUPT` with file and byte
  void read(long ref) {
    int number = (int) (ref >>> 32);
    long at = ref & 0xffff_ffffL;
    if (number < 0 || number >= files.size()) {
      throw new TidemarkException(ErrorCode.CORRUPT, folder + ": a chunk in file " + (number + 1L) + ", which is missing; there are "
          + files.size());
    }
    MappedFile file = files.get(number);
    MappedFile.Cursor cursor = cursors.get(number);
    if (at < HEADER_BYTES || at >= file.size()) {
      throw file.damaged("chunk", at, "a chunk", "a file of " + file.size() + " bytes");
    }
    cursor.set(at, file.size());
    long bytes = cursor.varint();
    if (bytes < 0 || bytes > CHUNK_BYTES_MAX) {
      throw file.damaged("chunk", at, "at most " + CHUNK_BYTES_MAX + " bytes", Long.toUnsignedString(bytes));
    }
    long from = cursor.at();
    file.check("chunk", from, 1 + bytes);
    encoding = file.byteAt("chunk", from);
    count = (int) bytes;
    if (data.length < count + ChunkBits.PADDING_BYTES) {
      data = new byte[Math.max(count + ChunkBits.PADDING_BYTES, data.length * 2)];
    }
    file.copy(from + 1, data, count);
  }

  int encoding() {
    return encoding;
  }

  /// The chunk's data, up to {@link #count}, and room for {@link ChunkBits} behind.
  byte[] data() {
    return data;
  }

  int count() {
    return count;
  }

  /// Where a chunk is, for messages.
  String place(long ref) {
    return folder.resolve(String.format("%06d", (ref >>> 32) + 1)) + ": chunk at byte " + (ref & 0xffff_ffffL);
  }
}
