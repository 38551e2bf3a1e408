package io.tidemark.storage.block;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ColumnCodec;
import io.tidemark.codec.PlaneCodec;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.LabelIndex;
import io.tidemark.storage.Postings;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.SampleColumns;
import io.tidemark.storage.SeriesPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.zip.CRC32C;

/// A block, open for reading: a file, or a cold object of which only the index lies here. Safe on any thread.
///
/// The file stays mapped as long as a query holds the block, also after it was deleted: the collector unmaps it. Index sections are
/// checked when it is opened, pages when they are read; a `CORRUPT` exception names file or object, section or page, and both checksums.
/// Of a cold block reading samples may block on the store, and fails with the store's failures too; everything else is local.
public final class Block implements SeriesPart, LabelIndex {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final String source;
  private final BlockName name;
  private final long bytes;
  private final boolean isCold;
  private final MemorySegment[] sections = new MemorySegment[BlockFormat.SECTIONS];
  private final BlockFooter footer;
  private final long minMillis;
  private final long maxMillis;
  private final int seriesCount;
  private final int symbolCount;
  private final int pairCount;
  private final PageDirectory directory;
  private final BlockPages pages;
  /// Decoded on demand; a race decodes twice.
  private final String[] symbols;

  /// @param path   the file that `index` maps
  /// @param source what messages call the block
  /// @param index  the block's bytes from `base` on, at least from its first section on
  /// @param bytes  size of the whole block
  private Block(Path path, String source, BlockName name, MemorySegment index, long base, long bytes, boolean isCold,
      Function<PageDirectory, BlockPages> opener) {
    this.path = path;
    this.source = source;
    this.name = name;
    this.bytes = bytes;
    this.isCold = isCold;
    footer = BlockFooter.read(source, index, base);
    if (!footer.name().equals(name)) {
      throw corrupt("its content is that of another block, " + footer.name());
    }
    minMillis = footer.minMillis();
    maxMillis = footer.maxMillis();
    seriesCount = footer.seriesCount();
    for (int i = 0; i < BlockFormat.SECTIONS; i++) {
      sections[i] = section(i, footer.sections().get(i), index, base);
    }
    symbolCount = checkedSymbolCount();
    symbols = new String[symbolCount];
    pairCount = (int) (sections[BlockFormat.PAIRS].byteSize() / BlockFormat.PAIR_BYTES);
    if (sections[BlockFormat.SERIES_PLACES].byteSize() != (long) seriesCount * BlockFormat.SERIES_PLACE_BYTES) {
      throw corrupt("expected the places of " + seriesCount + " series");
    }
    directory = new PageDirectory(source, sections[BlockFormat.PAGES], bytes);
    pages = opener.apply(directory);
  }

  /// Opens a block's file and checks everything but its pages.
  ///
  /// @throws TidemarkException `CORRUPT` for a damaged or cut file, `NOT_SUPPORTED` for a newer version
  public static Block open(Disk disk, Path path, BlockName name) {
    try (DiskFile file = disk.openForRead(path)) {
      long bytes = file.bytes();
      if (bytes < BlockFormat.HEADER_BYTES + BlockFormat.TAIL_BYTES) {
        throw new TidemarkException(ErrorCode.CORRUPT, path + ": a block of " + bytes + " bytes; it was cut");
      }
      MemorySegment all = file.map(0, bytes, Arena.ofAuto());
      BlockFormat.checkBegin(path.toString(), all.get(INT, 0), all.get(INT, 4));
      return new Block(path, path.toString(), name, all, 0, bytes, false, directory -> new MappedPages(all, directory));
    }
  }

  /// Opens a block whose pages are elsewhere.
  ///
  /// @param source what messages call it: the store and the object
  /// @param pages  gives its pages, as the directory tells where they are
  /// @throws TidemarkException `CORRUPT` when the index, which was whole when it was written here, does not fit itself or the name
  public static Block openCold(IndexHeader header, String source, BlockName name, Function<PageDirectory, BlockPages> pages) {
    return new Block(header.path(), source, name, header.index(), header.indexOffset(), header.blockBytes(), true, pages);
  }

  private TidemarkException corrupt(String what) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": damaged: " + what);
  }

  private MemorySegment section(int number, BlockFooter.Section section, MemorySegment index, long base) {
    String what = "section " + BlockFormat.SECTION_NAMES[number];
    if (section.offset() < base || section.bytes() < 0 || section.bytes() > index.byteSize() - (section.offset() - base)) {
      throw corrupt(what + " at byte " + section.offset() + " with " + section.bytes() + " bytes lies outside");
    }
    MemorySegment bytes = index.asSlice(section.offset() - base, section.bytes());
    var crc = new CRC32C();
    crc.update(bytes.asByteBuffer());
    BlockFormat.checkSum(source, what, section.offset(), (int) crc.getValue(), section.checksum());
    return bytes;
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

  /// The file here: the block, or the index header of a cold one.
  public Path path() {
    return path;
  }

  /// Whether its pages lie in an object store.
  public boolean isCold() {
    return isCold;
  }

  public BlockName name() {
    return name;
  }

  /// The blocks that were merged into this one.
  public List<BlockName> sources() {
    return footer.sources();
  }

  /// Bytes of the block, wherever they lie.
  public long bytes() {
    return bytes;
  }

  @Override
  public long samples() {
    return footer.samples();
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

  @Override
  public long samples(int ref, long fromMillis, long toMillis) {
    ByteReader in = runs(ref);
    int runs = in.readCount(7);
    long samples = 0;
    long last = name.startMillis();
    for (int i = 0; i < runs; i++) {
      long first = last + in.readVarint();
      last = first + in.readVarint();
      samples += Estimate.share(in.readCount(0), first, last, fromMillis, toMillis);
      for (int skip = 0; skip < 4; skip++) {
        in.readVarint();
      }
    }
    return samples;
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
    var codec = new PlaneCodec();
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
        readTimes(codec, column(timePage, timeAt), into, count);
        readValues(codec, column(valuePage, valueAt), into, count);
        keep(into, count, fromMillis, toMillis);
      }
    }
  }

  /// Times of blocks of version 1 are columns of a `ColumnCodec`.
  private void readTimes(PlaneCodec codec, ByteReader in, SampleBuffer into, int count) {
    if (PlaneCodec.isTimes(in.peekByte())) {
      codec.readTimes(in, name.startMillis(), into.timestampsMillis, into.count, count);
    } else {
      new ColumnCodec().readTimes(in, name.startMillis(), into.timestampsMillis, into.count, count);
    }
  }

  /// Histograms, start times, and values of blocks of version 1 are `SampleColumns`.
  private static void readValues(PlaneCodec codec, ByteReader in, SampleBuffer into, int count) {
    if (PlaneCodec.isValues(in.peekByte())) {
      codec.readValues(in, into.values, into.count, count);
    } else {
      new SampleColumns().read(in, into, count);
    }
  }

  /// Takes the samples within the range, of the `count` after the present ones, and forgets the others.
  private static void keep(SampleBuffer into, int count, long fromMillis, long toMillis) {
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
      if (into.hasHistograms()) {
        System.arraycopy(into.histograms, from, into.histograms, begin, to - from);
      }
      if (into.hasStarts()) {
        System.arraycopy(into.startsMillis, from, into.startsMillis, begin, to - from);
      }
    }
    into.count = begin + count;
    into.truncate(begin + to - from);
  }

  private ByteReader column(int page, int at) {
    byte[] bytes = pages.page(page);
    if (at >= bytes.length) {
      throw corrupt("a column at byte " + at + " of page " + page + " with " + bytes.length + " bytes");
    }
    return new ByteReader(source, bytes, at, bytes.length);
  }

  /// Reads every page, so that rot is found before the block is relied on.
  ///
  /// @throws TidemarkException `CORRUPT` for the first damaged page
  public void verify() {
    for (int i = 0; i < directory.count(); i++) {
      pages.readPage(i);
    }
  }

  @Override
  public String toString() {
    return name.toString();
  }
}
