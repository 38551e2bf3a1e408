package io.tidemark.storage.block;

import com.github.luben.zstd.Zstd;
import io.tidemark.codec.ByteReader;
import io.tidemark.codec.Checksum;
import io.tidemark.codec.ColumnCodec;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.LabelIndex;
import io.tidemark.storage.Postings;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.SeriesPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;

/// A block file, open for reading. Safe on any thread.
///
/// The file stays mapped as long as a query holds the block, also after it was deleted: the collector unmaps it. Index sections are
/// checked when it is opened, pages when they are read; a `CORRUPT` exception names file, section or page, and both checksums.
public final class Block implements SeriesPart, LabelIndex {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  /// Decoded pages kept a block; neighbouring series share value pages, series of many targets come back to many time pages.
  private static final int CACHED_PAGES = 128;

  private record Page(int number, byte[] bytes) {}

  private final Path path;
  private final String source;
  private final BlockName name;
  private final MemorySegment file;
  private final MemorySegment[] sections = new MemorySegment[BlockFormat.SECTIONS];
  private final List<BlockName> sources = new ArrayList<>();
  private final long minMillis;
  private final long maxMillis;
  private final int seriesCount;
  private final long samples;
  private final int symbolCount;
  private final int pairCount;
  private final AtomicReferenceArray<Page> pages = new AtomicReferenceArray<>(CACHED_PAGES);
  /// Decoded on demand; a race decodes twice.
  private final String[] symbols;

  private Block(Path path, BlockName name, MemorySegment file) {
    this.path = path;
    source = path.toString();
    this.name = name;
    this.file = file;
    ByteReader footer = footer();
    BlockName found = readName(footer);
    if (!found.equals(name)) {
      throw corrupt("its content is that of another block, " + found);
    }
    minMillis = footer.readLong();
    maxMillis = footer.readLong();
    seriesCount = footer.readInt();
    samples = footer.readLong();
    for (int i = 0; i < BlockFormat.SECTIONS; i++) {
      sections[i] = section(i, footer.readLong(), footer.readLong(), footer.readInt());
    }
    for (int left = footer.readInt(); left > 0; left--) {
      sources.add(readName(footer));
    }
    symbolCount = checkedSymbolCount();
    symbols = new String[symbolCount];
    pairCount = (int) (sections[BlockFormat.PAIRS].byteSize() / BlockFormat.PAIR_BYTES);
    if (sections[BlockFormat.SERIES_PLACES].byteSize() != (long) seriesCount * BlockFormat.SERIES_PLACE_BYTES) {
      throw corrupt("expected the places of " + seriesCount + " series");
    }
  }

  /// Opens a block and checks everything but its pages.
  ///
  /// @throws TidemarkException `CORRUPT` for a damaged or cut file, `NOT_SUPPORTED` for a newer version
  public static Block open(Disk disk, Path path, BlockName name) {
    try (DiskFile file = disk.openForRead(path)) {
      long bytes = file.bytes();
      if (bytes < BlockFormat.HEADER_BYTES + BlockFormat.TAIL_BYTES) {
        throw new TidemarkException(ErrorCode.CORRUPT, path + ": a block of " + bytes + " bytes; it was cut");
      }
      return new Block(path, name, file.map(0, bytes, Arena.ofAuto()));
    }
  }

  private TidemarkException corrupt(String what) {
    return new TidemarkException(ErrorCode.CORRUPT, path + ": damaged: " + what);
  }

  private ByteReader footer() {
    int magic = file.get(INT, 0);
    if (magic != BlockFormat.MAGIC) {
      throw corrupt("expected the magic bytes TMBK, found " + Integer.toHexString(magic));
    }
    int version = file.get(INT, 4);
    if (version != BlockFormat.VERSION) {
      throw new TidemarkException(ErrorCode.NOT_SUPPORTED, path + ": block version " + version + ", this release reads version "
          + BlockFormat.VERSION + "; start the release that wrote it");
    }
    long tailAt = file.byteSize() - BlockFormat.TAIL_BYTES;
    int endMagic = file.get(INT, tailAt + 8);
    int bytes = file.get(INT, tailAt);
    if (endMagic != BlockFormat.END_MAGIC || bytes < 0 || bytes > BlockFormat.FOOTER_BYTES_MAX
        || bytes > tailAt - BlockFormat.HEADER_BYTES) {
      throw corrupt("its end is missing");
    }
    byte[] footer = copy(file, tailAt - bytes, bytes);
    checkSum("footer", tailAt - bytes, Checksum.crc32c(footer, 0, bytes), file.get(INT, tailAt + 4));
    return new ByteReader(path + " footer", footer);
  }

  private void checkSum(String what, long at, int found, int expected) {
    if (found != expected) {
      throw new TidemarkException(ErrorCode.CORRUPT, path + ": " + what + " at byte " + at + ": checksum " + Integer.toHexString(found)
          + ", expected " + Integer.toHexString(expected) + "; damaged");
    }
  }

  private static BlockName readName(ByteReader footer) {
    return new BlockName(footer.readLong(), footer.readLong(), footer.readLong(), footer.readInt());
  }

  private MemorySegment section(int number, long offset, long bytes, int checksum) {
    String what = "section " + BlockFormat.SECTION_NAMES[number];
    if (offset < 0 || bytes < 0 || bytes > file.byteSize() - offset) {
      throw corrupt(what + " at byte " + offset + " with " + bytes + " bytes lies outside");
    }
    MemorySegment section = file.asSlice(offset, bytes);
    var crc = new CRC32C();
    crc.update(section.asByteBuffer());
    checkSum(what, offset, (int) crc.getValue(), checksum);
    return section;
  }

  private int checkedSymbolCount() {
    MemorySegment section = sections[BlockFormat.SYMBOLS];
    int count = section.byteSize() < 4 ? -1 : section.get(INT, 0);
    if (count < 0 || count > (section.byteSize() - 4) / 4) {
      throw corrupt("section symbols holds " + count + " symbols in " + section.byteSize() + " bytes");
    }
    return count;
  }

  private static byte[] copy(MemorySegment from, long offset, int bytes) {
    var copy = new byte[bytes];
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, copy, 0, bytes);
    return copy;
  }

  public Path path() {
    return path;
  }

  public BlockName name() {
    return name;
  }

  /// The blocks that were merged into this one.
  public List<BlockName> sources() {
    return List.copyOf(sources);
  }

  /// Bytes of the file.
  public long bytes() {
    return file.byteSize();
  }

  /// Samples in the block.
  public long samples() {
    return samples;
  }

  /// The time of its newest sample.
  public long maxMillis() {
    return maxMillis;
  }

  // ---- labels

  private String symbol(int number) {
    String text = symbols[number];
    if (text == null) {
      MemorySegment section = sections[BlockFormat.SYMBOLS];
      int from = number == 0 ? 0 : section.get(INT, number * 4L);
      int to = section.get(INT, 4 + number * 4L);
      text = new String(copy(section, 4 + symbolCount * 4L + from, to - from), StandardCharsets.UTF_8);
      symbols[number] = text;
    }
    return text;
  }

  /// The symbol's number, or -1. Symbols are sorted.
  private int find(String text) {
    int low = 0;
    int high = symbolCount - 1;
    while (low <= high) {
      int middle = low + high >>> 1;
      int c = symbol(middle).compareTo(text);
      if (c == 0) {
        return middle;
      }
      if (c < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  @Override
  public LabelIndex index() {
    return this;
  }

  @Override
  public int refsEnd() {
    return seriesCount;
  }

  @Override
  public LabelSet labels(int ref) {
    ByteReader in = series(ref);
    String[] texts = new String[in.readCount(2) * 2];
    for (int i = 0; i < texts.length; i++) {
      int number = in.readCount(0);
      if (number >= symbolCount) {
        throw corrupt("series " + ref + " names symbol " + number + " of " + symbolCount);
      }
      texts[i] = symbol(number);
    }
    return LabelSet.ofSorted(texts);
  }

  private ByteReader series(int ref) {
    MemorySegment places = sections[BlockFormat.SERIES_PLACES];
    long from = places.get(LONG, ref * 8L);
    long to = ref + 1 < seriesCount ? places.get(LONG, ref * 8L + 8) : sections[BlockFormat.SERIES].byteSize();
    return new ByteReader(source, copy(sections[BlockFormat.SERIES], from, (int) (to - from)));
  }

  private int pairName(int pair) {
    return sections[BlockFormat.PAIRS].get(INT, (long) pair * BlockFormat.PAIR_BYTES);
  }

  private int pairValue(int pair) {
    return sections[BlockFormat.PAIRS].get(INT, (long) pair * BlockFormat.PAIR_BYTES + 4);
  }

  /// The first pair that is not below (name, value); pairs are sorted by both.
  private int pairFrom(int nameSymbol, int valueSymbol) {
    int low = 0;
    int high = pairCount;
    while (low < high) {
      int middle = low + high >>> 1;
      int c = Integer.compare(pairName(middle), nameSymbol);
      if (c < 0 || c == 0 && pairValue(middle) < valueSymbol) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public List<String> names() {
    var names = new ArrayList<String>();
    for (int pair = 0; pair < pairCount;) {
      int name = pairName(pair);
      names.add(symbol(name));
      pair = pairFrom(name + 1, 0);
    }
    return names;
  }

  @Override
  public void forEachValue(String label, ValueVisitor visitor) {
    int nameSymbol = find(label);
    if (nameSymbol < 0) {
      return;
    }
    for (int pair = pairFrom(nameSymbol, 0); pair < pairCount && pairName(pair) == nameSymbol; pair++) {
      visitor.visit(symbol(pairValue(pair)), postingsOf(pair));
    }
  }

  @Override
  public Postings postings(String label, String value) {
    int nameSymbol = find(label);
    int valueSymbol = nameSymbol < 0 ? -1 : find(value);
    if (valueSymbol < 0) {
      return Postings.NONE;
    }
    int pair = pairFrom(nameSymbol, valueSymbol);
    return pair < pairCount && pairName(pair) == nameSymbol && pairValue(pair) == valueSymbol ? postingsOf(pair) : Postings.NONE;
  }

  private Postings postingsOf(int pair) {
    MemorySegment section = sections[BlockFormat.POSTINGS];
    long from = Integer.toUnsignedLong(sections[BlockFormat.PAIRS].get(INT, (long) pair * BlockFormat.PAIR_BYTES + 8));
    long to = pair + 1 < pairCount
        ? Integer.toUnsignedLong(sections[BlockFormat.PAIRS].get(INT, (long) (pair + 1) * BlockFormat.PAIR_BYTES + 8))
        : section.byteSize();
    var in = new ByteReader(source, copy(section, from, (int) (to - from)));
    int[] refs = new int[in.readCount(1)];
    int ref = 0;
    for (int i = 0; i < refs.length; i++) {
      ref += in.readCount(0);
      refs[i] = ref;
    }
    return new Postings(refs, refs.length);
  }

  // ---- samples

  @Override
  public boolean overlaps(long fromMillis, long toMillis) {
    return minMillis < toMillis && fromMillis <= maxMillis;
  }

  @Override
  public boolean has(int ref, long fromMillis, long toMillis) {
    if (fromMillis <= minMillis && toMillis > maxMillis) {
      return true;
    }
    ByteReader in = runs(ref);
    int runs = in.readCount(7);
    long last = name.startMillis();
    for (int i = 0; i < runs; i++) {
      long first = last + in.readVarint();
      last = first + in.readVarint();
      if (first >= toMillis) {
        return false;
      }
      if (last >= fromMillis) {
        return true;
      }
      for (int skip = 0; skip < 5; skip++) {
        in.readVarint();
      }
    }
    return false;
  }

  /// The entries of a series' runs.
  private ByteReader runs(int ref) {
    ByteReader in = series(ref);
    for (int left = in.readCount(2) * 2; left > 0; left--) {
      in.readVarint();
    }
    return in;
  }

  @Override
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    ByteReader in = runs(ref);
    var codec = new ColumnCodec();
    int runs = in.readCount(7);
    long last = name.startMillis();
    for (int i = 0; i < runs; i++) {
      long first = last + in.readVarint();
      last = first + in.readVarint();
      int count = in.readCount(0);
      int valuePage = in.readCount(0);
      int valueAt = in.readCount(0);
      int timePage = in.readCount(0);
      int timeAt = in.readCount(0);
      if (first >= toMillis) {
        return;
      }
      if (last >= fromMillis) {
        if (count < 1 || count > BlockFormat.RUN_SAMPLES_MAX) {
          throw corrupt("series " + ref + " has a run of " + count + " samples");
        }
        into.reserve(count);
        codec.readTimes(column(timePage, timeAt), name.startMillis(), into.timestampsMillis, into.count, count);
        codec.readValues(column(valuePage, valueAt), into.values, into.count, count);
        into.count += keep(into, count, fromMillis, toMillis);
      }
    }
  }

  /// Moves the samples within the range, of the `count` after the present ones, to their front.
  private static int keep(SampleBuffer into, int count, long fromMillis, long toMillis) {
    long[] times = into.timestampsMillis;
    int begin = into.count;
    int from = begin;
    int to = begin + count;
    while (from < to && times[from] < fromMillis) {
      from++;
    }
    while (to > from && times[to - 1] >= toMillis) {
      to--;
    }
    if (from > begin) {
      System.arraycopy(times, from, times, begin, to - from);
      System.arraycopy(into.values, from, into.values, begin, to - from);
    }
    return to - from;
  }

  private ByteReader column(int page, int at) {
    byte[] bytes = page(page);
    if (at >= bytes.length) {
      throw corrupt("a column at byte " + at + " of page " + page + " with " + bytes.length + " bytes");
    }
    return new ByteReader(source, bytes, at, bytes.length);
  }

  private byte[] page(int number) {
    Page cached = pages.get(number % CACHED_PAGES);
    if (cached != null && cached.number == number) {
      return cached.bytes;
    }
    byte[] bytes = readPage(number);
    pages.set(number % CACHED_PAGES, new Page(number, bytes));
    return bytes;
  }

  private byte[] readPage(int number) {
    MemorySegment directory = sections[BlockFormat.PAGES];
    long entry = (long) number * BlockFormat.PAGE_ENTRY_BYTES;
    if (entry + BlockFormat.PAGE_ENTRY_BYTES > directory.byteSize()) {
      throw corrupt("page " + number + " does not exist");
    }
    long offset = directory.get(LONG, entry);
    int storedBytes = directory.get(INT, entry + 8);
    int rawBytes = directory.get(INT, entry + 12);
    int kind = directory.get(INT, entry + 20);
    if (offset < 0 || storedBytes < 0 || rawBytes < 0 || rawBytes > BlockFormat.PAGE_BYTES_MAX
        || storedBytes > file.byteSize() - offset) {
      throw corrupt("page " + number + " at byte " + offset + " with " + storedBytes + " bytes lies outside");
    }
    byte[] stored = copy(file, offset, storedBytes);
    checkSum("page " + number, offset, Checksum.crc32c(stored, 0, storedBytes), directory.get(INT, entry + 16));
    if (kind == BlockFormat.RAW) {
      return stored;
    }
    var raw = new byte[rawBytes];
    long n = kind == BlockFormat.ZSTD ? Zstd.decompressByteArray(raw, 0, rawBytes, stored, 0, storedBytes) : -1;
    if (n != rawBytes) {
      throw corrupt("page " + number + " of kind " + kind + " does not unpack to " + rawBytes + " bytes");
    }
    return raw;
  }

  /// Reads every page, so that rot is found before the block is relied on.
  ///
  /// @throws TidemarkException `CORRUPT` for the first damaged page
  public void verify() {
    int count = (int) (sections[BlockFormat.PAGES].byteSize() / BlockFormat.PAGE_ENTRY_BYTES);
    for (int i = 0; i < count; i++) {
      readPage(i);
    }
  }

  @Override
  public String toString() {
    return name.toString();
  }
}
