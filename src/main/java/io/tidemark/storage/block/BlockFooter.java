package io.tidemark.storage.block;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.Checksum;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// The end of a block: what it is, and where its sections are.
///
/// @param sections in the order of {@link BlockFormat#SECTION_NAMES}
/// @param sources  the blocks that were merged into this one
record BlockFooter(BlockName name, long minMillis, long maxMillis, int seriesCount, long samples, List<Section> sections,
    List<BlockName> sources) {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// @param offset from the block's beginning
  record Section(long offset, long bytes, int checksum) {}

  BlockFooter {
    sections = List.copyOf(sections);
    sources = List.copyOf(sources);
  }

  /// Reads the footer of a block whose last bytes are those of `end`.
  ///
  /// @param source what messages call the block
  /// @param base   the offset in the block of the first byte of `end`
  /// @throws TidemarkException `CORRUPT` when it is damaged or missing
  static BlockFooter read(String source, MemorySegment end, long base) {
    long tailAt = end.byteSize() - BlockFormat.TAIL_BYTES;
    if (tailAt < 0 || end.get(INT, tailAt + 8) != BlockFormat.END_MAGIC) {
      throw endIsMissing(source);
    }
    int bytes = end.get(INT, tailAt);
    if (bytes < 0 || bytes > BlockFormat.FOOTER_BYTES_MAX || bytes > tailAt - (base == 0 ? BlockFormat.HEADER_BYTES : 0)) {
      throw endIsMissing(source);
    }
    byte[] content = end.asSlice(tailAt - bytes, bytes).toArray(ValueLayout.JAVA_BYTE);
    BlockFormat.checkSum(source, "footer", base + tailAt - bytes, Checksum.crc32c(content, 0, bytes), end.get(INT, tailAt + 4));
    return read(new ByteReader(source + " footer", content));
  }

  private static TidemarkException endIsMissing(String source) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": damaged: its end is missing");
  }

  private static BlockFooter read(ByteReader in) {
    BlockName name = readName(in);
    long minMillis = in.readLong();
    long maxMillis = in.readLong();
    int seriesCount = in.readInt();
    long samples = in.readLong();
    var sections = new ArrayList<Section>();
    for (int i = 0; i < BlockFormat.SECTIONS; i++) {
      sections.add(new Section(in.readLong(), in.readLong(), in.readInt()));
    }
    var sources = new ArrayList<BlockName>();
    for (int left = in.readInt(); left > 0; left--) {
      sources.add(readName(in));
    }
    return new BlockFooter(name, minMillis, maxMillis, seriesCount, samples, sections, sources);
  }

  private static BlockName readName(ByteReader in) {
    return new BlockName(in.readLong(), in.readLong(), in.readLong(), in.readInt());
  }

  /// Where the first section begins: from there on to its end a block is index.
  long indexOffset() {
    return sections.stream().mapToLong(Section::offset).min().orElseThrow();
  }
}
