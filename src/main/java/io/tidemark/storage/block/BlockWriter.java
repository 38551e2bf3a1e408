package io.tidemark.storage.block;

import com.github.luben.zstd.Zstd;
import io.tidemark.codec.ByteWriter;
import io.tidemark.codec.Checksum;
import io.tidemark.codec.Codebook;
import io.tidemark.codec.ColumnEncoder;
import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.log.SeriesHash;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.SampleColumns;
import io.tidemark.storage.Selection;
import io.tidemark.time.Entropy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Writes one block from a selection. Used once, by one thread.
///
/// Series come in label order and refs number them; symbols, pairs and pages follow from that order, so equal series give equal
/// bytes. Runs of samples go to the open value page of their window, so that who asks for a short time reads few pages; timestamps that
/// several series share are kept once, found by their content, and so are values within a page.
public final class BlockWriter {
  /// Time columns remembered to be shared; past it columns are written again. A scrape target needs one a run.
  private static final int SHARED_TIMES_MAX = 1 << 16;

  /// No sender knows its seeds, so that none makes columns that are taken for another one.
  private static final SeriesHash HASH = new SeriesHash(Entropy.system());

  /// The hash of a column's numbers.
  private record Content(long high, long low) {}

  /// The pages that are being filled for one time.
  ///
  /// @param sharedValues offsets of the columns of the page of values, by the hash of their values
  private record Pages(PageWriter.Page values, PageWriter.Page times, Map<Content, Integer> sharedValues) {}

  private final BlockName name;
  private final List<BlockName> sources;
  private final PageWriter out;
  /// By window, or by several neighbouring ones.
  private final TreeMap<Integer, Pages> openPages = new TreeMap<>();
  private final SampleColumns columns = new SampleColumns();
  private final Codebook book = new Codebook();
  private final ColumnEncoder values = new ColumnEncoder(book);
  private final ColumnEncoder times = new ColumnEncoder(book);
  private final ByteWriter extras = new ByteWriter(1 << 12);
  private final ByteWriter timeEntries = new ByteWriter(1 << 12);
  private int timesCount;
  private final Map<String, Integer> symbols = new HashMap<>();
  /// Numbers of time columns by the hash of the timestamps; 128 bits make a chance collision less likely than a broken machine.
  private final Map<Content, Integer> sharedTimes = new HashMap<>();
  private final ByteWriter hashed = new ByteWriter(1 << 12);
  /// The labels of one series.
  private final ByteWriter pairs = new ByteWriter(256);
  private final ByteWriter series = new ByteWriter(1 << 16);
  private final ByteWriter seriesPlaces = new ByteWriter(1 << 12);
  /// Refs by pair: name symbol in the upper, value symbol in the lower half.
  private final TreeMap<Long, ByteWriter> postings = new TreeMap<>();
  private final Map<Long, int[]> postingState = new HashMap<>();
  private int seriesCount;
  private long samples;
  private long minMillis = Long.MAX_VALUE;
  private long maxMillis = Long.MIN_VALUE;

  private BlockWriter(BlockName name, List<BlockName> sources, DiskFile file) {
    this.name = name;
    this.sources = sources;
    out = new PageWriter(file);
  }

  /// Writes all series of `content` that have samples to a file called `name`; it is durable, and there under its name at once whole,
  /// when this returns.
  ///
  /// @param sources the blocks that were merged into this one, none for a sealed window; where it is found they are needed no more
  /// @return the file's path
  public static Path write(Disk disk, Path directory, BlockName name, List<BlockName> sources, Selection content) {
    Path path = directory.resolve(name.fileName());
    Path temporary = directory.resolve(name.fileName() + BlockFormat.TEMPORARY_SUFFIX);
    disk.delete(temporary);
    try {
      try (DiskFile file = disk.create(temporary)) {
        new BlockWriter(name, sources, file).write(content);
        file.sync();
      }
      disk.rename(temporary, path);
      disk.syncDirectory(directory);
    } catch (TidemarkException e) {
      try {
        disk.delete(temporary);
      } catch (TidemarkException deletion) {
        e.addSuppressed(deletion);
      }
      throw e;
    }
    return path;
  }

  private void write(Selection content) {
    var header = new ByteWriter(16);
    header.writeInt(BlockFormat.MAGIC);
    header.writeInt(BlockFormat.VERSION);
    out.append(header.array(), header.count());
    ByteWriter symbolSection = collectSymbols(content);
    var samples = new SampleBuffer();
    for (int i = 0; i < content.count(); i++) {
      content.read(i, samples);
      if (samples.count > 0) {
        writeSeries(content.labels(i), samples);
      }
    }
    openPages.values().forEach(pages -> {
      out.end(pages.values);
      out.end(pages.times);
    });
    writeSections(symbolSection);
  }

  private ByteWriter collectSymbols(Selection content) {
    var texts = new TreeSet<String>();
    for (int i = 0; i < content.count(); i++) {
      LabelSet labels = content.labels(i);
      for (int j = 0; j < labels.count(); j++) {
        texts.add(labels.name(j));
        texts.add(labels.value(j));
      }
    }
    var section = new ByteWriter(1 << 12);
    section.writeInt(texts.size());
    int end = 0;
    var utf8 = new ByteWriter(1 << 12);
    for (String text : texts) {
      symbols.put(text, symbols.size());
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      utf8.writeBytes(bytes, 0, bytes.length);
      end += bytes.length;
      section.writeInt(end);
    }
    section.writeBytes(utf8.array(), 0, utf8.count());
    return section;
  }

  private void writeSeries(LabelSet labels, SampleBuffer buffer) {
    seriesPlaces.writeLong(series.count());
    pairs.clear();
    pairs.writeVarint(labels.count());
    for (int i = 0; i < labels.count(); i++) {
      int nameSymbol = symbols.get(labels.name(i));
      int valueSymbol = symbols.get(labels.value(i));
      pairs.writeVarint(nameSymbol);
      pairs.writeVarint(valueSymbol);
      addPosting((long) nameSymbol << 32 | valueSymbol);
    }
    series.writeVarint(pairs.count());
    series.writeBytes(pairs.array(), 0, pairs.count());
    series.writeVarint(learn(buffer));
    int column = 0;
    int timesBefore = 0;
    int pageBefore = 0;
    for (int from = 0; from < buffer.count;) {
      int to = runEnd(buffer, from);
      Pages pages = pages(buffer.timestampsMillis[from]);
      int timesNumber = writeTimes(pages.times, buffer.timestampsMillis, from, to - from);
      int page = pages.values.number;
      series.writeZigzag(timesNumber - timesBefore);
      series.writeZigzag(page - pageBefore);
      if (SampleColumns.isPlain(buffer, from, to - from)) {
        series.writeVarint(writeValues(pages, column++, buffer.values, from, to - from));
      } else {
        series.writeVarint(pages.values.content.count());
        writeExtras(pages.values.content, buffer, from, to - from);
      }
      if (out.endIfFull(pages.values)) {
        pages.sharedValues.clear();
      }
      timesBefore = timesNumber;
      pageBefore = page;
      from = to;
    }
    samples += buffer.count;
    minMillis = Math.min(minMillis, buffer.timestampsMillis[0]);
    maxMillis = Math.max(maxMillis, buffer.timestampsMillis[buffer.count - 1]);
    seriesCount++;
  }

  private void addPosting(long pair) {
    ByteWriter refs = postings.computeIfAbsent(pair, _ -> new ByteWriter(16));
    int[] state = postingState.computeIfAbsent(pair, _ -> new int[2]);
    refs.writeVarint(seriesCount - state[0]);
    state[0] = seriesCount;
    state[1]++;
  }

  /// Shows the codebook the values of a series, and counts its runs.
  private int learn(SampleBuffer buffer) {
    int runs = 0;
    values.clear();
    for (int from = 0; from < buffer.count; runs++) {
      int to = runEnd(buffer, from);
      if (SampleColumns.isPlain(buffer, from, to - from)) {
        values.addValues(buffer.values, from, to - from);
      }
      from = to;
    }
    values.learn();
    return runs;
  }

  private static int runEnd(SampleBuffer buffer, int from) {
    long begin = Math.floorDiv(buffer.timestampsMillis[from], BlockFormat.RUN_MILLIS) * BlockFormat.RUN_MILLIS;
    long end = begin + BlockFormat.RUN_MILLIS;
    int to = from + 1;
    while (to < buffer.count && to - from < BlockFormat.RUN_SAMPLES_MAX) {
      long time = buffer.timestampsMillis[to];
      if (time >= end) {
        end = (Math.floorDiv(time, BlockFormat.RUN_MILLIS) + 1) * BlockFormat.RUN_MILLIS;
        if (to - from >= BlockFormat.RUN_SAMPLES_MIN || end - begin > BlockFormat.RUN_MILLIS_MAX) {
          break;
        }
      }
      to++;
    }
    return SampleColumns.runEnd(buffer, from, to, BlockFormat.RUN_NUMBERS_MAX);
  }

  /// Writes a column of values, unless its page has it already, and returns its offset there.
  private int writeValues(Pages pages, int column, double[] of, int from, int count) {
    hashed.clear();
    for (int i = from; i < from + count; i++) {
      hashed.writeLong(Double.doubleToRawLongBits(of[i]));
    }
    int offset = pages.values.content.count();
    Integer known = pages.sharedValues.putIfAbsent(content(), offset);
    if (known != null) {
      return known;
    }
    values.write(column, pages.values.content);
    return offset;
  }

  private Content content() {
    return new Content(HASH.high(hashed.array(), 0, hashed.count()), HASH.low(hashed.array(), 0, hashed.count()));
  }

  /// Writes values with histograms or start times.
  private void writeExtras(ByteWriter page, SampleBuffer buffer, int from, int count) {
    extras.clear();
    columns.write(extras, buffer, from, count);
    byte[] packed = Zstd.compress(extras.toByteArray(), BlockFormat.ZSTD_LEVEL);
    if (packed.length < extras.count() - extras.count() / 16) {
      page.writeByte(BlockFormat.PACKED);
      page.writeVarint(extras.count());
      page.writeVarint(packed.length);
      page.writeBytes(packed, 0, packed.length);
    } else {
      page.writeBytes(extras.array(), 0, extras.count());
    }
  }

  private Pages pages(long millis) {
    long windows = Math.ceilDiv(name.endMillis() - name.startMillis(), BlockFormat.RUN_MILLIS);
    long window = Math.clamp(Math.floorDiv(millis - name.startMillis(), BlockFormat.RUN_MILLIS), 0, Math.max(0, windows - 1));
    int place = (int) (windows <= BlockFormat.OPEN_PAGES_MAX ? window : window * BlockFormat.OPEN_PAGES_MAX / windows);
    return openPages.computeIfAbsent(place, _ -> new Pages(out.begin(), out.begin(), new HashMap<>()));
  }

  /// Writes a run's timestamps, unless they are there already, and returns the number of their column.
  private int writeTimes(PageWriter.Page page, long[] timestamps, int from, int count) {
    hashed.clear();
    hashed.writeLongs(timestamps, from, count);
    Content key = content();
    Integer known = sharedTimes.get(key);
    if (known != null) {
      return known;
    }
    times.clear();
    boolean areMultiples = times.addTimes(timestamps, from, count);
    times.learn();
    timeEntries.writeLong(timestamps[from]);
    timeEntries.writeInt((int) (timestamps[from + count - 1] - timestamps[from]));
    timeEntries.writeInt(areMultiples ? count | BlockFormat.MULTIPLES : count);
    timeEntries.writeInt(page.number);
    timeEntries.writeInt(page.content.count());
    times.write(0, page.content);
    out.endIfFull(page);
    if (sharedTimes.size() < SHARED_TIMES_MAX) {
      sharedTimes.put(key, timesCount);
    }
    return timesCount++;
  }

  private void writeSections(ByteWriter symbolSection) {
    var postingSection = new ByteWriter(1 << 14);
    var pairSection = new ByteWriter(1 << 12);
    postings.forEach((pair, refs) -> {
      pairSection.writeInt((int) (pair >>> 32));
      pairSection.writeInt((int) (long) pair);
      pairSection.writeInt(postingSection.count());
      postingSection.writeVarint(postingState.get(pair)[1]);
      postingSection.writeBytes(refs.array(), 0, refs.count());
    });
    var footer = new ByteWriter(256);
    writeName(footer, name);
    footer.writeLong(minMillis);
    footer.writeLong(maxMillis);
    footer.writeInt(seriesCount);
    footer.writeLong(samples);
    var tables = new ByteWriter(1 << 12);
    book.write(tables);
    for (ByteWriter section : List.of(out.directory(), symbolSection, series, seriesPlaces, postingSection, pairSection, timeEntries,
        tables)) {
      footer.writeLong(out.position());
      footer.writeLong(section.count());
      footer.writeInt(Checksum.crc32c(section.array(), 0, section.count()));
      out.append(section.array(), section.count());
    }
    footer.writeInt(sources.size());
    sources.forEach(source -> writeName(footer, source));
    int bytes = footer.count();
    int checksum = Checksum.crc32c(footer.array(), 0, bytes);
    footer.writeInt(bytes);
    footer.writeInt(checksum);
    footer.writeInt(BlockFormat.END_MAGIC);
    out.append(footer.array(), footer.count());
  }

  private static void writeName(ByteWriter out, BlockName name) {
    out.writeLong(name.startMillis());
    out.writeLong(name.endMillis());
    out.writeLong(name.position());
    out.writeInt(name.level());
  }
}
