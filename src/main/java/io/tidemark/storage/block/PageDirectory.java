package io.tidemark.storage.block;

import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Where the pages of a block are, and what they must look like. Safe on any thread.
public final class PageDirectory {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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
    int bytes = entries.get(INT, entry + 8);
    if (offset < 0 || bytes < 0 || bytes > BlockFormat.PAGE_BYTES_MAX || bytes > blockBytes - offset) {
      throw corrupt("page " + number + " at byte " + offset + " with " + bytes + " bytes lies outside");
    }
    return offset;
  }

  /// Bytes that it takes in the block.
  public int bytes(int number) {
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

  TidemarkException unreadable(int number, Throwable cause) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": damaged: page " + number + " cannot be read", cause);
  }

  /// The page whose bytes begin at `at` in `content`, once they were checked; that may be `content` itself.
  ///
  /// @throws TidemarkException `CORRUPT` naming the block, the page and both checksums
  public byte[] page(int number, byte[] content, int at) {
    long entry = entry(number);
    int bytes = entries.get(INT, entry + 8);
    BlockFormat.checkSum(source, "page " + number, entries.get(LONG, entry), Checksum.crc32c(content, at, bytes),
        entries.get(INT, entry + 12));
    return at == 0 && content.length == bytes ? content : Arrays.copyOfRange(content, at, at + bytes);
  }

  /// All pages in the order in which they are stored, which is not that of their numbers: value and time pages end at different times.
  /// Looks at every page; to be kept by who needs it often.
  public List<Integer> stored() {
    var numbers = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    numbers.sort(Comparator.comparingLong(this::offset));
    return numbers;
  }
}
