package io.tidemark.transfer.tsdb;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The file `index` of a block, versions 1 and 2: symbols, and series one after the other. Postings and the tables of labels are checked
/// only: whoever reads all series needs none.
///
/// ```
/// magic 0xbaaad700 | version u8 | symbols | series … | label indices … | postings … | two offset tables | contents
/// contents: six u64 offsets in this order, 0 for a part that is not there | crc32c
/// symbols, tables, each label index, each posting list: u32 bytes | bytes | crc32c of them
/// ```
final class TsdbIndex {
  private static final long MAGIC = 0xbaaad700L;
  private static final int HEADER_BYTES = 5;
  private static final int CONTENTS_BYTES = 6 * 8;
  /// Version 2 begins each series at a multiple of this, and counts their refs in it.
  static final int SERIES_ALIGNMENT = 16;
  private static final String[] PARTS =
      {"symbols", "series", "label indices", "label offset table", "postings", "postings offset table"};

  private final MappedFile file;
  private final int version;
  /// Offset of each symbol of version 2; version 1 refers to offsets itself.
  private final long[] symbols;
  private final long seriesFrom;
  private final long seriesTo;

  /// Checks everything but the series, which are checked as they are read.
  ///
  /// @throws TidemarkException `CORRUPT`, or `NOT_SUPPORTED` for another version
  TsdbIndex(MappedFile file) {
    this.file = file;
    if (file.intAt("header", 0) != MAGIC) {
      throw file.damaged("header", 0, "magic baaad700", Long.toHexString(file.intAt("header", 0)));
    }
    version = file.byteAt("header", 4);
    if (version != 1 && version != 2) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, file.damaged("header", 4, "version 1 or 2", "version " + version).getMessage());
    }
    long contentsAt = file.size() - CONTENTS_BYTES - 4;
    file.within("table of contents", Math.max(contentsAt, -1), CONTENTS_BYTES);
    file.check("table of contents", contentsAt, CONTENTS_BYTES);
    var parts = new long[PARTS.length];
    for (int i = 0; i < PARTS.length; i++) {
      parts[i] = file.longAt("table of contents", contentsAt + i * 8L);
      if (parts[i] != 0 && (parts[i] < HEADER_BYTES || parts[i] > contentsAt)) {
        throw file.damaged("table of contents", contentsAt + i * 8L, "an offset of the " + PARTS[i] + " in the file",
            Long.toUnsignedString(parts[i]));
      }
    }
    symbols = symbols(parts[0]);
    seriesFrom = parts[1];
    seriesTo = end(parts, 1, contentsAt);
    checkList(PARTS[2], parts[2], end(parts, 2, contentsAt));
    checkTable(PARTS[3], parts[3]);
    checkList(PARTS[4], parts[4], end(parts, 4, contentsAt));
    checkTable(PARTS[5], parts[5]);
  }

  /// Where a part ends: at the next one, wherever that is told.
  private static long end(long[] parts, int index, long contentsAt) {
    return Arrays.stream(parts).filter(other -> other > parts[index]).min().orElse(contentsAt);
  }

  private void checkTable(String part, long at) {
    if (at != 0) {
      file.check(part, at + 4, file.intAt(part, at));
    }
  }

  private void checkList(String part, long from, long to) {
    long at = aligned(from);
    while (at != 0 && at + 8 <= to) {
      long bytes = file.intAt(part, at);
      file.check(part, at + 4, bytes);
      at = aligned(at + 4 + bytes + 4);
    }
  }

  /// Up to three zero bytes lie before an entry.
  private static long aligned(long at) {
    return at + 3 & -4;
  }

  private long[] symbols(long at) {
    if (at == 0) {
      return new long[0];
    }
    long bytes = file.intAt("symbols", at);
    file.check("symbols", at + 4, bytes);
    if (version == 1) {
      return new long[0];
    }
    long count = file.intAt("symbols", at + 4);
    if (count > bytes) {
      throw file.damaged("symbols", at + 4, "at most " + bytes + " symbols", String.valueOf(count));
    }
    var offsets = new long[(int) count];
    var cursor = file.new Cursor("symbols");
    cursor.set(at + 8, at + 4 + bytes);
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = cursor.at();
      cursor.skip(cursor.varint());
    }
    return offsets;
  }

  /// Walks the series in the order of their labels.
  final class Cursor {
    private final MappedFile.Cursor entry = file.new Cursor("series");
    private final MappedFile.Cursor symbol = file.new Cursor("symbols");
    private long nextAt = seriesFrom;
    private long at;
    private int chunks;
    private long[] minMillis = new long[16];
    private long[] maxMillis = new long[16];
    private long[] chunkRefs = new long[16];
    private long labelsAt;
    private long labelsEnd;
    private int labelCount;

    /// Where the first series is.
    long first() {
      return seriesFrom;
    }

    /// Continues with the series at byte `offset`, one that {@link #at} gave before.
    void seek(long offset) {
      if (offset < seriesFrom || offset > seriesTo) {
        throw file.damaged("series", offset, "an offset from " + seriesFrom + " to " + seriesTo, String.valueOf(offset));
      }
      nextAt = offset;
    }

    /// Moves to the next series; false after the last one. After `CORRUPT` the one after the damaged series is next, if it can be found.
    boolean next() {
      at = version == 1 ? nextAt : nextAt + SERIES_ALIGNMENT - 1 & -SERIES_ALIGNMENT;
      if (seriesFrom == 0 || at >= seriesTo) {
        return false;
      }
      nextAt = seriesTo;
      entry.set(at, seriesTo);
      long bytes = entry.varint();
      if (bytes == 0) {
        return false;
      }
      long from = entry.at();
      if (bytes < 0 || bytes + 4 > seriesTo - from) {
        throw file.damaged("series", at, "an entry that ends before byte " + seriesTo, bytes + " bytes");
      }
      nextAt = from + bytes + 4;
      file.check("series", from, bytes);
      entry.set(from, from + bytes);
      readLabels();
      readChunks();
      return true;
    }

    private void readLabels() {
      long count = entry.varint();
      labelsAt = entry.at();
      labelCount = Math.clamp(count, 0, Integer.MAX_VALUE);
      for (int i = 0; i < labelCount; i++) {
        entry.varint();
        entry.varint();
      }
      labelsEnd = entry.at();
    }

    private void readChunks() {
      long count = entry.varint();
      chunks = 0;
      long time = 0;
      long ref = 0;
      for (long i = 0; i < count; i++) {
        if (chunks == minMillis.length) {
          minMillis = Arrays.copyOf(minMillis, chunks * 2);
          maxMillis = Arrays.copyOf(maxMillis, chunks * 2);
          chunkRefs = Arrays.copyOf(chunkRefs, chunks * 2);
        }
        time += i == 0 ? entry.zigzag() : entry.varint();
        minMillis[chunks] = time;
        time += entry.varint();
        maxMillis[chunks] = time;
        ref += i == 0 ? entry.varint() : entry.zigzag();
        chunkRefs[chunks++] = ref;
      }
    }

    /// The byte at which the series begins.
    long at() {
      return at;
    }

    /// The number by which tombstones name it.
    long ref() {
      return version == 1 ? at : at / SERIES_ALIGNMENT;
    }

    /// Names and values in turn, sorted by name, as UTF-8.
    List<byte[]> labels() {
      var labels = new ArrayList<byte[]>(2 * labelCount);
      entry.set(labelsAt, labelsEnd);
      for (int i = 0; i < 2 * labelCount; i++) {
        labels.add(text(entry.varint()));
      }
      return labels;
    }

    private byte[] text(long ref) {
      if (version == 2 && (ref < 0 || ref >= symbols.length)) {
        throw file.damaged("series", at, "symbols below " + symbols.length, Long.toUnsignedString(ref));
      }
      long from = version == 1 ? ref : symbols[(int) ref];
      symbol.set(from, file.size());
      long bytes = symbol.varint();
      long textAt = symbol.at();
      symbol.skip(bytes);
      var text = new byte[(int) bytes];
      file.copy(textAt, text, text.length);
      return text;
    }

    int chunks() {
      return chunks;
    }

    /// Time of the first sample of chunk `index`.
    long minMillis(int index) {
      return minMillis[index];
    }

    /// Time of its last sample.
    long maxMillis(int index) {
      return maxMillis[index];
    }

    long chunkRef(int index) {
      return chunkRefs[index];
    }
  }
}
