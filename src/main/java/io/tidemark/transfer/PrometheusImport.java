package io.tidemark.transfer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.time.Clock;
import io.tidemark.transfer.tsdb.HistogramChunk;
import io.tidemark.transfer.tsdb.TsdbBlock;
import io.tidemark.transfer.wire.WriteRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/// Imports the blocks of a data directory of Prometheus.
///
/// **Order.** A server's head holds a window of two hours for every time it gets samples of, so the order of the blocks' files, series by
/// series, would open all of them at once. The import goes window by window from the oldest on; within a window through the blocks that
/// have samples there, and in each through all series. For that the index of a block is walked once a window, which costs about three
/// numbers for each sample sent.
///
/// **Resuming.** A place is a window, a block and a series in it. All before it has been acknowledged; from it on everything is sent
/// again, which changes nothing where it is there already.
public final class PrometheusImport {
  private static final long WINDOW_MILLIS = 7_200_000;
  /// A request ends with the series that reaches one of these.
  private static final int REQUEST_SAMPLES = 40_000;
  private static final int REQUEST_BYTES = 1 << 20;
  /// In the place between two windows.
  private static final String NO_BLOCK = "-";
  private static final Map<String, String> HEADERS = Map.of("Content-Type", "application/x-protobuf", "Content-Encoding", "snappy",
      "X-Prometheus-Remote-Write-Version", "0.1.0");

  /// @param directory  with the blocks
  /// @param range      of the samples to import
  /// @param state      the file that tells how far it has come
  /// @param skipsWrong whether what is damaged or refused is left out, instead of ending the import
  public record Options(Path directory, TimeRange range, Path state, boolean skipsWrong) {}

  private record Place(long windowMillis, String block, long series) {
    String text() {
      return windowMillis + " " + block + " " + series;
    }

    static Place of(String text, Path state) {
      String[] parts = text.split(" ");
      try {
        return new Place(Long.parseLong(parts[0]), parts[1], Long.parseLong(parts[2]));
      } catch (NumberFormatException | IndexOutOfBoundsException e) {
        throw new TidemarkException(ErrorCode.BAD_DATA, state + ": expected a window, a block and a series, found \"" + text + "\"", e);
      }
    }
  }

  private final Options options;
  private final Findings findings;
  private final ImportRun run;
  private final WriteRequest request = new WriteRequest();
  private final Map<String, TsdbBlock> open = new HashMap<>();

  public PrometheusImport(Options options, Server server, Progress progress, Clock clock) {
    this.options = options;
    findings = new Findings(options.skipsWrong);
    run = new ImportRun(server, progress, findings, clock);
  }

  /// Imports everything, from where an earlier run ended.
  ///
  /// @throws TidemarkException `CORRUPT`, `NOT_SUPPORTED` or `NOT_FOUND` for what is wrong with a block; `EXECUTION` when the server
  ///     refused samples; `UNAVAILABLE` when it takes no more; `BAD_DATA` for a directory without blocks
  public ImportReport run() {
    List<TsdbBlock.Meta> blocks = checkedBlocks();
    try {
      long oldest = blocks.stream().mapToLong(meta -> meta.range().startMillis()).min().orElse(Long.MAX_VALUE);
      return run.run(options.state, source(blocks), blocks.stream().mapToLong(TsdbBlock.Meta::samples).sum(),
          Math.max(oldest, options.range.startMillis()), (reached, sender, age) -> send(blocks, reached.isEmpty() ? first(blocks)
              : Place.of(reached, options.state), sender, age));
    } finally {
      open.values().forEach(TsdbBlock::close);
    }
  }

  /// The blocks with samples in the wanted range, oldest first, each opened once and so checked as far as that goes.
  private List<TsdbBlock.Meta> checkedBlocks() {
    var blocks = new ArrayList<TsdbBlock.Meta>();
    List<Path> folders = TsdbBlock.folders(options.directory);
    if (folders.isEmpty()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, options.directory + ": no blocks there; expected folders named like "
          + "01HZX3V8T6M5Q0K9R2W4Y7B1CD. What Prometheus has not put into blocks yet is no part of them: take a snapshot first, "
          + "POST /api/v1/admin/tsdb/snapshot");
    }
    if (Files.isDirectory(options.directory.resolve("wal"))) {
      run.progress().say(options.directory + " has a write-ahead log, which is not read: the newest hours come with a snapshot "
          + "(POST /api/v1/admin/tsdb/snapshot)");
    }
    for (Path folder : folders) {
      try {
        TsdbBlock.Meta meta = TsdbBlock.meta(folder);
        if (meta.range().startMillis() < options.range.endMillis() && options.range.startMillis() < meta.range().endMillis()) {
          TsdbBlock.open(meta).close();
          blocks.add(meta);
        }
      } catch (TidemarkException e) {
        findings.found(e);
      }
    }
    blocks.sort(Comparator.<TsdbBlock.Meta>comparingLong(meta -> meta.range().startMillis()).thenComparing(TsdbBlock.Meta::name));
    return blocks;
  }

  private Place first(List<TsdbBlock.Meta> blocks) {
    long first = blocks.stream().mapToLong(meta -> meta.range().startMillis()).min().orElse(0);
    return new Place(Math.floorDiv(Math.max(first, options.range.startMillis()), WINDOW_MILLIS) * WINDOW_MILLIS, NO_BLOCK, 0);
  }

  private String source(List<TsdbBlock.Meta> blocks) {
    var crc = new CRC32C();
    blocks.forEach(meta -> crc.update(meta.name().getBytes(StandardCharsets.US_ASCII)));
    return "prometheus " + options.directory.toAbsolutePath().normalize() + " (" + blocks.size() + " blocks, "
        + Long.toHexString(crc.getValue()) + ") from " + options.range.startMillis() + " to " + options.range.endMillis() + " into "
        + run.server().name();
  }

  private void send(List<TsdbBlock.Meta> blocks, Place from, Sender sender, AgeCheck age) {
    long end = blocks.stream().mapToLong(meta -> meta.range().endMillis()).max().orElse(Long.MIN_VALUE);
    int firstBlock = (int) blocks.stream().takeWhile(meta -> !meta.name().equals(from.block)).count() % Math.max(1, blocks.size());
    for (long window = from.windowMillis; window < Math.min(end, options.range.endMillis()); window += WINDOW_MILLIS) {
      long windowEnd = window + WINDOW_MILLIS;
      boolean isFirst = window == from.windowMillis;
      for (int i = isFirst ? firstBlock : 0; i < blocks.size(); i++) {
        TimeRange range = blocks.get(i).range();
        if (range.startMillis() < windowEnd && window < range.endMillis()) {
          send(blocks.get(i), window, isFirst && i == firstBlock ? from.series : 0, sender, age);
        }
      }
      closeBefore(windowEnd);
      if (request.samples() > 0) {
        push(new Place(windowEnd, NO_BLOCK, 0), "the window at " + window, sender);
      }
    }
  }

  private void closeBefore(long endMillis) {
    for (TsdbBlock block : List.copyOf(open.values())) {
      if (block.meta().range().endMillis() <= endMillis) {
        open.remove(block.meta().name()).close();
      }
    }
  }

  /// Sends what a block has in a window, from a series on.
  private void send(TsdbBlock.Meta meta, long window, long series, Sender sender, AgeCheck age) {
    TsdbBlock block = open.computeIfAbsent(meta.name(), _ -> TsdbBlock.open(meta));
    block.seek(series);
    var range = new TimeRange(Math.max(window, options.range.startMillis()), Math.min(window + WINDOW_MILLIS, options.range.endMillis()));
    while (next(block)) {
      var place = new Place(window, meta.name(), block.place());
      block.read(range, new TsdbBlock.Sink() {
        @Override
        public void series(List<byte[]> namesAndValues) {
          request.series(namesAndValues);
        }

        @Override
        public void sample(long timestampMillis, long valueBits) {
          request.sample(timestampMillis, valueBits);
          age.saw(timestampMillis);
          pushIfFull(place, sender);
        }

        @Override
        public void histogram(HistogramChunk chunk) {
          request.histogram(chunk);
          age.saw(chunk.timestampMillis());
          pushIfFull(place, sender);
        }
      }, findings::found);
    }
  }

  private boolean next(TsdbBlock block) {
    while (true) {
      try {
        return block.next();
      } catch (TidemarkException e) {
        findings.found(e);
      }
    }
  }

  private void pushIfFull(Place place, Sender sender) {
    if (request.samples() >= REQUEST_SAMPLES || request.bytes() >= REQUEST_BYTES) {
      push(place, "block " + place.block, sender);
    }
  }

  private void push(Place next, String what, Sender sender) {
    int samples = request.samples();
    sender.send(new Sender.Piece("api/v1/write", HEADERS, request.take(), samples, what, next.text(), false));
  }
}
