package io.tidemark.transfer.tsdb;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// One block of Prometheus: a folder with `meta.json`, `index`, `chunks/` and, if something was deleted, `tombstones`.
///
/// {@link #open} checks everything but series and chunks; those are checked as they are read. One thread; close it.
public final class TsdbBlock implements AutoCloseable {
  private static final String ULID = "[0-9A-HJKMNP-TV-Z]{26}";
  private static final int FLOATS = 1;
  private static final int HISTOGRAMS = 2;
  private static final int FLOAT_HISTOGRAMS = 3;

  /// What `meta.json` says.
  ///
  /// @param folder  of the block
  /// @param range   of its samples
  /// @param samples how many, as far as it is told
  /// @param series  how many
  public record Meta(Path folder, TimeRange range, long samples, long series) {
    public String name() {
      return folder.getFileName().toString();
    }
  }

  /// Takes what a series has in a time range, in the order of its chunks.
  public interface Sink {
    /// The labels of the series that follows: as UTF-8, sorted by name.
    void series(List<byte[]> namesAndValues);

    void sample(long timestampMillis, long valueBits);

    /// The histogram that `chunk` stands at.
    void histogram(HistogramChunk chunk);
  }

  private final Meta meta;
  private final Arena arena;
  private final TsdbIndex.Cursor series;
  private final ChunkFiles chunks;
  private final Tombstones tombstones;
  private final FloatChunk floats = new FloatChunk();
  private final HistogramChunk histograms = new HistogramChunk();

  private TsdbBlock(Meta meta, Arena arena) {
    this.meta = meta;
    this.arena = arena;
    series = new TsdbIndex(MappedFile.open(meta.folder.resolve("index"), arena)).new Cursor();
    chunks = new ChunkFiles(meta.folder.resolve("chunks"), arena);
    tombstones = Tombstones.read(meta.folder.resolve("tombstones"), arena);
  }

  /// The folders of a directory whose names are those of blocks, by name.
  ///
  /// @throws TidemarkException `BAD_DATA` when `directory` cannot be listed
  public static List<Path> folders(Path directory) {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(path -> path.getFileName().toString().matches(ULID) && Files.isDirectory(path))
          .sorted(Comparator.comparing(path -> path.getFileName().toString())).toList();
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, directory + ": cannot be listed (" + e.getClass().getSimpleName()
          + "); expected a data directory of Prometheus", e);
    }
  }

  /// Reads `meta.json` of a block.
  ///
  /// @throws TidemarkException `CORRUPT` when it is missing or makes no sense, `NOT_SUPPORTED` for another version than 1
  public static Meta meta(Path folder) {
    Path path = folder.resolve("meta.json");
    try {
      var json = new JsonObject(Files.readString(path));
      int version = json.getInteger("version", 0);
      if (version != 1) {
        throw new TidemarkException(ErrorCode.NOT_SUPPORTED, path + ": expected version 1, found version " + version);
      }
      JsonObject stats = json.getJsonObject("stats", new JsonObject());
      return new Meta(folder, new TimeRange(json.getLong("minTime"), json.getLong("maxTime")), stats.getLong("numSamples", 0L),
          stats.getLong("numSeries", 0L));
    } catch (IOException | DecodeException | ClassCastException | NullPointerException | IllegalArgumentException e) {
      throw new TidemarkException(ErrorCode.CORRUPT, path + ": expected version, minTime and maxTime in JSON, found something else ("
          + e.getMessage() + ")", e);
    }
  }

  /// Maps the files of a block and checks them.
  ///
  /// @throws TidemarkException `CORRUPT`, `NOT_FOUND` or `NOT_SUPPORTED`, with file and byte
  public static TsdbBlock open(Meta meta) {
    Arena arena = Arena.ofConfined();
    try {
      return new TsdbBlock(meta, arena);
    } catch (TidemarkException e) {
      arena.close();
      throw e;
    }
  }

  public Meta meta() {
    return meta;
  }

  /// Goes to the series at a place that {@link #place} told, or to the first for 0.
  public void seek(long place) {
    series.seek(place == 0 ? series.first() : place);
  }

  /// Moves to the next series; false after the last.
  ///
  /// @throws TidemarkException `CORRUPT` with file and byte; the next call tries the series after it
  public boolean next() {
    return series.next();
  }

  /// Where the current series is.
  public long place() {
    return series.at();
  }

  /// Gives what the current series has in `range` to `sink`: its labels, if there is anything, then the samples. Deleted ones are left out.
  ///
  /// @param sink   what it throws comes through as it is
  /// @param damage takes what is wrong with single chunks, of which nothing is given then
  public void read(TimeRange range, Sink sink, Damage damage) {
    boolean told = false;
    for (int i = 0; i < series.chunks(); i++) {
      if (series.maxMillis(i) < range.startMillis() || series.minMillis(i) >= range.endMillis()) {
        continue;
      }
      List<byte[]> labels;
      try {
        labels = told ? List.of() : series.labels();
        decode(series.chunkRef(i));
      } catch (TidemarkException e) {
        damage.found(e);
        continue;
      }
      if (!told) {
        sink.series(labels);
        told = true;
      }
      if (chunks.encoding() == FLOATS) {
        giveFloats(range, sink);
      } else {
        giveHistograms(range, sink);
      }
    }
  }

  /// Decodes a chunk to its end, so that of a damaged one nothing is given.
  private void decode(long ref) {
    chunks.read(ref);
    int encoding = chunks.encoding();
    try {
      switch (encoding) {
        case FLOATS -> floats.read(chunks.data(), chunks.count());
        case HISTOGRAMS, FLOAT_HISTOGRAMS -> {
          histograms.reset(chunks.data(), chunks.count(), encoding == HISTOGRAMS);
          while (histograms.next()) { }
        }
        default -> throw new TidemarkException(ErrorCode.NOT_SUPPORTED, "encoding " + encoding
            + "; this release reads 1 (floats), 2 (histograms) and 3 (float histograms)");
      }
    } catch (TidemarkException e) {
      throw new TidemarkException(e.code(), chunks.place(ref) + ": " + e.getMessage(), e);
    }
  }

  private void giveHistograms(TimeRange range, Sink sink) {
    histograms.reset(chunks.data(), chunks.count(), chunks.encoding() == HISTOGRAMS);
    while (histograms.next()) {
      if (isWanted(histograms.timestampMillis(), range)) {
        sink.histogram(histograms);
      }
    }
  }

  private void giveFloats(TimeRange range, Sink sink) {
    for (int i = 0; i < floats.count; i++) {
      if (isWanted(floats.timestampsMillis[i], range)) {
        sink.sample(floats.timestampsMillis[i], floats.valueBits[i]);
      }
    }
  }

  private boolean isWanted(long timestampMillis, TimeRange range) {
    return timestampMillis >= range.startMillis() && timestampMillis < range.endMillis()
        && (tombstones.isEmpty(series.ref()) || !tombstones.has(series.ref(), timestampMillis));
  }

  @Override
  public void close() {
    arena.close();
  }
}
