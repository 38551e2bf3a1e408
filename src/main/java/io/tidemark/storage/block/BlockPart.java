package io.tidemark.storage.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A stretch of a block's file under one checksum.
///
/// @param section number of the section, or -1 for a page
/// @param offset  from the file's begin
record BlockPart(String name, int section, long offset, long bytes, int checksum) {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static List<BlockPart> sections(BlockFooter footer) {
    var parts = new ArrayList<BlockPart>();
    for (int i = 0; i < BlockFormat.SECTIONS; i++) {
      BlockFooter.Section section = footer.sections().get(i);
      parts.add(new BlockPart("section " + BlockFormat.SECTION_NAMES[i], i, section.offset(), section.bytes(), section.checksum()));
    }
    return parts;
  }

  /// The pages that a whole directory names, as they lie in the file.
  static List<BlockPart> pages(byte[] directory) {
    MemorySegment entries = MemorySegment.ofArray(directory);
    var parts = new ArrayList<BlockPart>();
    for (int i = 0; i < directory.length / BlockFormat.PAGE_ENTRY_BYTES; i++) {
      long at = (long) i * BlockFormat.PAGE_ENTRY_BYTES;
      parts.add(new BlockPart("page " + i, -1, entries.get(LONG, at), entries.get(INT, at + 8), entries.get(INT, at + 12)));
    }
    parts.sort(Comparator.comparingLong(BlockPart::offset));
    return parts;
  }
}
