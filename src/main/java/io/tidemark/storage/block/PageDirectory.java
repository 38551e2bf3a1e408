package io.tidemark.storage.block;

import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Where the pages of a block are, and what they must look like. Safe on any thread.
public final class PageDirectory {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final byte[] NONE = new byte[0];

  private final String source;
  private final MemorySegment entries;
  private final long blockBytes;
  private final int count;

  PageDirectory(String source, MemorySegment entries, long blockBytes) {
    this.source = source;
    this.entries = entries;
    this.blockBytes = blockBytes;
    count = (int) (entries.byteSize() / BlockFormat.PAGE_ENTRY_BYTES);
  }

  /// Pages are numbered from 0 to this.
  public int count() {
    return count;
  }

  /// Where the page begins in the block.
  ///
  /// @throws TidemarkException `CORRUPT` when it does not exist or lies outside of the block
  public long offset(int number) {
    long entry = entry(number);
    long offset = entries.get(LONG, entry);
    int storedBytes = entries.get(INT, entry + 8);
    int rawBytes = entries.get(INT, entry + 12);
    if (offset < 0 || storedBytes < 0 || rawBytes < 0 || rawBytes > BlockFormat.PAGE_BYTES_MAX || storedBytes > blockBytes - offset) {
      throw corrupt("page " + number + " at byte " + offset + " with " + storedBytes + " bytes lies outside");
    }
    return offset;
  }

  /// Bytes that it takes in the block.
  public int storedBytes(int number) {
    return entries.get(INT, entry(number) + 8);
  }

  private long entry(int number) {
    if (number < 0 || number >= count) {
      throw corrupt("page " + number + " does not exist");
    }
    return (long) number * BlockFormat.PAGE_ENTRY_BYTES;
  }

  private TidemarkException corrupt(String what) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": damaged: " + what);
  }

  /// Checks the stored bytes of a page and unpacks them. The result may be `stored` itself.
  ///
  /// @param at where they begin in `stored`
  /// @throws TidemarkException `CORRUPT` naming the block, the page and both checksums
  public byte[] unpack(int number, byte[] stored, int at) {
    long entry = entry(number);
    int storedBytes = entries.get(INT, entry + 8);
    int rawBytes = entries.get(INT, entry + 12);
    int kind = entries.get(INT, entry + 20);
    BlockFormat.checkSum(source, "page " + number, entries.get(LONG, entry), Checksum.crc32c(stored, at, storedBytes),
        entries.get(INT, entry + 16));
    if (kind == BlockFormat.RAW) {
      if (at == 0 && stored.length == storedBytes) {
        return stored;
      }
      var raw = new byte[storedBytes];
      System.arraycopy(stored, at, raw, 0, storedBytes);
      return raw;
    }
    byte[] raw = switch (kind) {
      case BlockFormat.ZSTD -> {
        var bytes = new byte[rawBytes];
        yield Unpacking.unpack(bytes, 0, rawBytes, stored, at, storedBytes) == rawBytes ? bytes : NONE;
      }
      case BlockFormat.STREAMS -> PageStreams.read(source, stored, at, storedBytes, rawBytes);
      default -> NONE;
    };
    if (raw.length != rawBytes) {
      throw corrupt("page " + number + " of kind " + kind + " does not unpack to " + rawBytes + " bytes");
    }
    return raw;
  }

  /// All pages in the order in which they are stored, which is not that of their numbers: value and time pages end at different times.
  /// Looks at every page; to be kept by who needs it often.
  public List<Integer> stored() {
    var numbers = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    numbers.sort(Comparator.comparingLong(this::offset));
    return numbers;
  }
}
