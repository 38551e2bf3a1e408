package io.tidemark.storage.block;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.Codebook;
import io.tidemark.codec.ColumnDecoder;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.LabelIndex;
import io.tidemark.storage.Postings;
import io.tidemark.storage.ReadWatch;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.SampleColumns;
import io.tidemark.storage.SeriesPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/// A block, open for reading: a file, or a cold object of which only the index lies here. Safe on any thread.
///
/// The file stays mapped as long as a query holds the block, also after it was deleted: the collector unmaps it. Index sections are
/// checked when it is opened, pages when they are read; a `CORRUPT` exception names file or object, section or page, and both checksums.
/// Of a cold block reading samples may block on the store, and fails with the store's failures too; everything else is local.
public final class Block implements SeriesPart, LabelIndex {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Read at once for a checksum.
  private static final int SUM_BYTES = 64 * 1024;
  private static final AtomicLong LAST_ID = new AtomicLong();
  /// Longer ranges are no moments.
  private static final long MOMENT_MILLIS_MAX = 1_800_000;
  /// A moment is kept with twice as much behind it.
  private static final int MOMENT_RANGES = 3;
  private static final int MOMENT_SAMPLES_MAX = 512;

  /// Of this object, unlike any other in this process.
  private final long id = LAST_ID.incrementAndGet();

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
  private final int timesCount;
  private final Codebook book;
  /// Decoded on demand; a race decodes twice.
  private final String[] symbols;

  /// @param path   the file that `index` maps
  /// @param source what messages call the block
  /// @param index  the block's bytes from `base` on, at least from its first section on
  /// @param bytes  size of the whole block
  /// @param sum    how the checksums of its sections are found
  private Block(Path path, String source, BlockName name, MemorySegment index, long base, long bytes, boolean isCold, SectionSum sum,
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
      sections[i] = section(i, footer.sections().get(i), index, base, sum);
    }
    symbolCount = checkedSymbolCount();
    symbols = new String[symbolCount];
    pairCount = (int) (sections[BlockFormat.PAIRS].byteSize() / BlockFormat.PAIR_BYTES);
    if (sections[BlockFormat.SERIES_PLACES].byteSize() != (long) seriesCount * BlockFormat.SERIES_PLACE_BYTES) {
      throw corrupt("expected the places of " + seriesCount + " series");
    }
    timesCount = (int) (sections[BlockFormat.TIMES].byteSize() / BlockFormat.TIMES_ENTRY_BYTES);
    MemorySegment tables = sections[BlockFormat.TABLES];
    book = Codebook.read(new ByteReader(source + " section tables", copy(tables, 0, (int) tables.byteSize())));
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
      return new Block(path, path.toString(), name, all, 0, bytes, false, (at, section) -> sum(file, at, section.byteSize()),
          directory -> new MappedPages(all, directory));
    }
  }

  /// Opens a block whose pages are elsewhere.
  ///
  /// @param source what messages call it: the store and the object
  /// @param pages  gives its pages, as the directory tells where they are
  /// @throws TidemarkException `CORRUPT` when the index, which was whole when it was written here, does not fit itself or the name
  public static Block openCold(IndexHeader header, String source, BlockName name, Function<PageDirectory, BlockPages> pages) {
    return new Block(header.path(), source, name, header.index(), header.indexOffset(), header.blockBytes(), true,
        (_, section) -> sum(section), pages);
  }

  private TidemarkException corrupt(String what) {
    return new TidemarkException(ErrorCode.CORRUPT, source + ": damaged: " + what);
  }

  private MemorySegment section(int number, BlockFooter.Section section, MemorySegment index, long base, SectionSum sum) {
    String what = "section " + BlockFormat.SECTION_NAMES[number];
    if (section.offset() < base || section.bytes() < 0 || section.bytes() > index.byteSize() - (section.offset() - base)) {
      throw corrupt(what + " at byte " + section.offset() + " with " + section.bytes() + " bytes lies outside");
    }
    MemorySegment bytes = index.asSlice(section.offset() - base, section.bytes());
    BlockFormat.checkSum(source, what, section.offset(), sum.of(section.offset(), bytes), section.checksum());
    return bytes;
  }

  /// Finds the CRC-32C of a section.
  private interface SectionSum {
    /// @param offset where the section is in the block
    int of(long offset, MemorySegment section);
  }

  private static int sum(MemorySegment section) {
    var crc = new CRC32C();
    crc.update(section.asByteBuffer());
    return (int) crc.getValue();
  }

  /// The sum of what is read, not of what is mapped: a page of the mapping is resident from its first use on, and most of an index is
  /// seldom used. Without the bytes behind the file's end, which a mapping could not have either.
  private static int sum(DiskFile file, long offset, long bytes) {
    var crc = new CRC32C();
    var buffer = ByteBuffer.allocate((int) Math.min(bytes, SUM_BYTES));
    for (long at = 0; at < bytes; at += buffer.capacity()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), bytes - at));
      file.read(buffer, offset + at);
      crc.update(buffer.flip());
    }
    return (int) crc.getValue();
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

  /// What messages call it: its file, or the store and its object.
  public String place() {
    return source;
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

  /// Refs number the series in label order.
  @Override
  public void sortByLabels(int[] refs, ReadWatch watch) {}

  @Override
  public LabelSet labels(int ref) {
    ByteReader in = series(ref);
    in.readVarint();
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
  public void forEachValue(String label, Predicate<String> wanted, ValueVisitor visitor) {
    int nameSymbol = find(label);
    if (nameSymbol < 0) {
      return;
    }
    for (int pair = pairFrom(nameSymbol, 0); pair < pairCount && pairName(pair) == nameSymbol; pair++) {
      String value = symbol(pairValue(pair));
      if (wanted.test(value)) {
        visitor.visit(value, postingsOf(pair));
      }
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
  public TimeRange time() {
    return new TimeRange(minMillis, maxMillis + 1);
  }

  @Override
  public boolean overlaps(long fromMillis, long toMillis) {
    return minMillis < toMillis && fromMillis <= maxMillis;
  }

  @Override
  public boolean has(int ref, long fromMillis, long toMillis) {
    if (fromMillis <= minMillis && toMillis > maxMillis || isInMoment(ref, fromMillis, toMillis)) {
      return true;
    }
    var run = new Run(ref);
    while (run.next() && run.first < toMillis) {
      if (run.last >= fromMillis) {
        return true;
      }
    }
    return false;
  }

  @Override
  public long samples(int ref, long fromMillis, long toMillis) {
    var run = new Run(ref);
    long samples = 0;
    while (run.next() && run.first < toMillis) {
      samples += Estimate.share(run.samples, run.first, run.last, fromMillis, toMillis);
    }
    return samples;
  }

  /// A walk through the runs of series `ref`, which begins before the first one.
  public Run runs(int ref) {
    return new Run(ref);
  }

  /// Goes through the runs of one series, for who knows what lies where among them; their times ascend. What it reads is decoded for
  /// this once: runs of few samples, each seldom asked for, cost less than to look whether they are kept. One thread.
  public final class Run {
    private final ByteReader in;
    private int left;
    private int times;
    long first;
    long last;
    int samples;
    boolean areMultiples;
    int timesPage;
    int timesAt;
    int valuesPage;
    int valuesAt;

    Run(int ref) {
      in = series(ref);
      in.skip(in.readCount(1));
      left = in.readCount(3);
    }

    /// Moves on; false when there are no more, and then no more is to be asked for.
    public boolean next() {
      if (left-- == 0) {
        return false;
      }
      times = times + (int) in.readZigzag();
      valuesPage = valuesPage + (int) in.readZigzag();
      valuesAt = in.readCount(0);
      if (times < 0 || times >= timesCount || valuesPage < 0) {
        throw in.corrupt("time column " + times + " of " + timesCount + ", page " + valuesPage);
      }
      MemorySegment entries = sections[BlockFormat.TIMES];
      long entry = (long) times * BlockFormat.TIMES_ENTRY_BYTES;
      first = entries.get(LONG, entry);
      last = first + Integer.toUnsignedLong(entries.get(INT, entry + 8));
      int counted = entries.get(INT, entry + 12);
      areMultiples = (counted & BlockFormat.MULTIPLES) != 0;
      samples = counted & ~BlockFormat.MULTIPLES;
      timesPage = entries.get(INT, entry + 16);
      timesAt = entries.get(INT, entry + 20);
      if (samples < 1 || samples > BlockFormat.RUN_SAMPLES_MAX) {
        throw in.corrupt("a run of " + samples + " samples");
      }
      return true;
    }

    public long firstMillis() {
      return first;
    }

    public long lastMillis() {
      return last;
    }

    public int samples() {
      return samples;
    }

    /// The failure to throw when it is not what it must be.
    public TidemarkException corrupt(String what) {
      return in.corrupt(what);
    }

    /// Adds what it has within `[fromMillis, toMillis)`, numbers only.
    ///
    /// @return how many of its samples are before that
    public int read(long fromMillis, long toMillis, SampleBuffer into) {
      into.reserve(samples);
      long[] times = into.timestampsMillis;
      int begin = into.count;
      into.decoder().readTimes(column(timesPage, timesAt), book, areMultiples, first, times, begin, samples);
      int from = first >= fromMillis ? begin : before(times, begin, begin + samples, fromMillis);
      int to = last < toMillis ? begin + samples : before(times, begin, begin + samples, toMillis);
      if (from < to) {
        System.arraycopy(times, from, times, begin, to - from);
        readValues(from - begin, to - begin, into);
      }
      return from - begin;
    }

    /// Adds the values of its samples `[from, to)`, numbers only, beside times that the caller knows.
    public void readValues(int from, int to, SampleBuffer into) {
      into.reserve(samples);
      into.decoder().readValues(column(valuesPage, valuesAt), book, into.values, into.count, to, samples);
      System.arraycopy(into.values, into.count + from, into.values, into.count, to - from);
      into.count += to - from;
    }
  }

  @Override
  public void read(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    if (into.comesAgain && toMillis - fromMillis <= MOMENT_MILLIS_MAX) {
      readMoment(ref, fromMillis, toMillis, into);
    } else {
      readRuns(ref, fromMillis, toMillis, into);
    }
  }

  /// Whether a kept stretch has samples within the range.
  private boolean isInMoment(int ref, long fromMillis, long toMillis) {
    if (toMillis - fromMillis > MOMENT_MILLIS_MAX) {
      return false;
    }
    long[] known = RecentColumns.moments().find(id, ref);
    return known != null && Moment.has(known, fromMillis, toMillis);
  }

  /// Reads a short range whose end moves on from query to query: a stretch beyond it is kept, so that the next ones find it there.
  private void readMoment(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    long[] known = RecentColumns.moments().find(id, ref);
    if (known != null && Moment.holds(known, fromMillis, toMillis)) {
      Moment.read(known, fromMillis, toMillis, into);
      return;
    }
    if (known == null && !RecentColumns.moments().isWorthKeeping(id, ref)) {
      readRuns(ref, fromMillis, toMillis, into);
      return;
    }
    int begin = into.count;
    long end = fromMillis + MOMENT_RANGES * (toMillis - fromMillis);
    readRuns(ref, fromMillis, end, into);
    if (!into.hasHistograms() && !into.hasStarts() && into.count - begin <= MOMENT_SAMPLES_MAX) {
      long[] moment = Moment.of(fromMillis, end, into, begin);
      RecentColumns.moments().keep(id, ref, moment, moment.length * Long.BYTES);
    }
    int past = into.count;
    while (past > begin && into.timestampsMillis[past - 1] >= toMillis) {
      past--;
    }
    into.truncate(past);
  }

  private void readRuns(int ref, long fromMillis, long toMillis, SampleBuffer into) {
    ColumnDecoder decoder = into.decoder();
    var run = new Run(ref);
    while (run.next() && run.first < toMillis) {
      if (run.last >= fromMillis) {
        into.reserve(run.samples);
        long[] times = times(decoder, run);
        int from = run.first >= fromMillis ? 0 : before(times, 0, run.samples, fromMillis);
        int to = run.last < toMillis ? run.samples : before(times, 0, run.samples, toMillis);
        if (from < to) {
          System.arraycopy(times, from, into.timestampsMillis, into.count, to - from);
          readValues(decoder, run, into, from, to);
          into.count += to - from;
        }
      }
    }
  }

  /// Not to be changed.
  private long[] times(ColumnDecoder decoder, Run run) {
    long[] known = RecentColumns.times().find(id, run.times);
    if (known != null) {
      return known;
    }
    var times = new long[run.samples];
    decoder.readTimes(column(run.timesPage, run.timesAt), book, run.areMultiples, run.first, times, 0, run.samples);
    RecentColumns.times().keep(id, run.times, times, times.length * Long.BYTES);
    return times;
  }

  /// The first of the ascending times `[begin, end)` that is not before `millis`, or the end.
  private static int before(long[] times, int begin, int end, long millis) {
    int place = Arrays.binarySearch(times, begin, end, millis);
    return place < 0 ? -place - 1 : place;
  }

  /// Adds the values `[from, to)` behind the present ones, without counting them.
  private void readValues(ColumnDecoder decoder, Run run, SampleBuffer into, int from, int to) {
    long number = (long) run.valuesPage << 32 | run.valuesAt;
    double[] known = RecentColumns.values().find(id, number);
    if (known != null) {
      System.arraycopy(known, from, into.values, into.count, to - from);
      return;
    }
    ByteReader in = column(run.valuesPage, run.valuesAt);
    int kind = in.peekByte();
    if (!ColumnDecoder.isValues(kind)) {
      readSamples(in, run, into, from, to);
      return;
    }
    // A column is not decoded whole for the sake of a moment.
    boolean isKept = 2 * (to - from) >= run.samples && RecentColumns.values().isWorthKeeping(id, number);
    decoder.readValues(in, book, into.values, into.count, isKept ? run.samples : to, run.samples);
    if (isKept) {
      double[] values = Arrays.copyOfRange(into.values, into.count, into.count + run.samples);
      RecentColumns.values().keep(id, number, values, values.length * Double.BYTES);
    }
    System.arraycopy(into.values, into.count + from, into.values, into.count, to - from);
  }

  /// As {@link #readValues}, of samples with histograms or start times: `SampleColumns`, packed or not.
  private void readSamples(ByteReader in, Run run, SampleBuffer into, int from, int to) {
    ByteReader columns = in;
    if (in.peekByte() == BlockFormat.PACKED) {
      in.readByte();
      columns = unpacked(in);
    }
    new SampleColumns().read(columns, into, run.samples);
    int begin = into.count;
    System.arraycopy(into.values, begin + from, into.values, begin, to - from);
    if (into.hasHistograms()) {
      System.arraycopy(into.histograms, begin + from, into.histograms, begin, to - from);
    }
    if (into.hasStarts()) {
      System.arraycopy(into.startsMillis, begin + from, into.startsMillis, begin, to - from);
    }
    into.count = begin + run.samples;
    into.truncate(begin + to - from);
    into.count = begin;
  }

  private ByteReader unpacked(ByteReader in) {
    int rawBytes = in.readCount(0);
    int packedBytes = in.readCount(1);
    if (rawBytes > BlockFormat.PAGE_BYTES_MAX) {
      throw in.corrupt("a column of " + rawBytes + " bytes");
    }
    var raw = new byte[rawBytes];
    if (Unpacking.unpack(raw, in.array(), in.skip(packedBytes), packedBytes) != rawBytes) {
      throw in.corrupt("a packed column does not unpack to " + rawBytes + " bytes");
    }
    return new ByteReader(source, raw);
  }

  private ByteReader column(int page, int at) {
    byte[] bytes = pages.page(page);
    if (at >= bytes.length) {
      throw corrupt("a column at byte " + at + " of page " + page + " with " + bytes.length + " bytes");
    }
    return new ByteReader(source, bytes, at, bytes.length);
  }

  // ---- for dumps

  /// Where the columns of consecutive samples of one series are.
  record RunPlace(long first, long last, int samples, boolean areMultiples, int timesPage, int timesAt, int valuesPage, int valuesAt) {}

  void forEachRun(int ref, Consumer<RunPlace> visitor) {
    var run = new Run(ref);
    while (run.next()) {
      visitor.accept(new RunPlace(run.first, run.last, run.samples, run.areMultiples, run.timesPage, run.timesAt, run.valuesPage,
          run.valuesAt));
    }
  }

  int symbolCount() {
    return symbolCount;
  }

  int pairCount() {
    return pairCount;
  }

  int pageBytes(int page) {
    return directory.bytes(page);
  }

  /// The first byte of a value column.
  int columnKind(int page, int at) {
    return column(page, at).peekByte();
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
