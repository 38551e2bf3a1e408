package io.tidemark.transfer;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.transfer.tsdb.FloatChunk;
import io.tidemark.transfer.wire.ReadFrames;
import io.tidemark.transfer.wire.ReadQuery;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/// Exports samples as OpenMetrics text, by remote read: what a query sees, from wherever it lies.
///
/// It goes day by day, so that an answer ends within the time that the server gives it, and what is written can be read back in the order
/// of time. Memory holds a frame of at most about a mebibyte of a series.
public final class Export {
  private static final long SLICE_MILLIS = 24 * 3_600_000L;
  private static final int FLOATS = 1;
  private static final int WRITE_BYTES = 1 << 18;
  private static final Map<String, String> HEADERS = Map.of("Content-Type", "application/x-protobuf", "Content-Encoding", "snappy",
      "X-Prometheus-Remote-Read-Version", "0.1.0");

  /// @param matchers of the series; at least one
  /// @param range    of the samples
  public record Options(List<Matcher> matchers, TimeRange range) {
    public Options {
      matchers = List.copyOf(matchers);
    }
  }

  /// What was written and what the format has no words for.
  ///
  /// @param samples    written
  /// @param stale      staleness markers left out
  /// @param histograms native histograms left out
  public record Report(long samples, long stale, long histograms) {}

  private final Options options;
  private final Server server;
  private final Progress progress;
  private final FloatChunk floats = new FloatChunk();
  private final OpenMetricsText text = new OpenMetricsText();
  private long samples;
  private long stale;
  private long histograms;

  public Export(Options options, Server server, Progress progress) {
    this.options = options;
    this.server = server;
    this.progress = progress;
  }

  /// Writes everything, `# EOF` at the end; `out` stays open.
  ///
  /// @throws TidemarkException `UNAVAILABLE` when the server does not answer, or not to the end; what was written is no whole export then,
  ///     and lacks `# EOF`
  public Report run(OutputStream out) {
    progress.begin(0, 0);
    try {
      long from = options.range.startMillis();
      while (from < options.range.endMillis()) {
        long to = Math.min(options.range.endMillis(), (Math.floorDiv(from, SLICE_MILLIS) + 1) * SLICE_MILLIS);
        slice(new TimeRange(from, to), out);
        from = to;
      }
      text.line("# EOF");
      flush(out);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.UNAVAILABLE, "the export ended early (" + e.getClass().getSimpleName() + ": " + e.getMessage()
          + "); is a server running at " + server.name() + ", and is there room for the output?", e);
    } finally {
      progress.end();
    }
    return new Report(samples, stale, histograms);
  }

  private void slice(TimeRange range, OutputStream out) throws IOException {
    try (InputStream answer = server.read("api/v1/read", HEADERS, ReadQuery.of(options.matchers, range))) {
      var frames = new ReadFrames(answer);
      for (List<ReadFrames.Series> some = frames.next(); !some.isEmpty(); some = frames.next()) {
        for (ReadFrames.Series series : some) {
          text.series(series.labels());
          for (ReadFrames.Chunk chunk : series.chunks()) {
            write(chunk, range);
            if (text.out().count() >= WRITE_BYTES) {
              flush(out);
            }
          }
        }
      }
    }
  }

  private void write(ReadFrames.Chunk chunk, TimeRange range) {
    if (chunk.encoding() != FLOATS) {
      // How many samples a chunk has are its first two bytes, whatever it holds.
      histograms += (chunk.padded()[0] & 0xff) << 8 | chunk.padded()[1] & 0xff;
      return;
    }
    floats.read(chunk.padded(), chunk.bytes());
    long written = 0;
    for (int i = 0; i < floats.count; i++) {
      if (!range.contains(floats.timestampsMillis[i])) {
        continue;
      }
      if (floats.valueBits[i] == Stale.BITS) {
        stale++;
      } else {
        text.sample(floats.timestampsMillis[i], Double.longBitsToDouble(floats.valueBits[i]));
        written++;
      }
    }
    samples += written;
    progress.advance(written);
  }

  private void flush(OutputStream out) throws IOException {
    out.write(text.out().array(), 0, text.out().count());
    text.out().clear();
  }
}
