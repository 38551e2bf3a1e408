package io.tidemark.transfer;

import io.tidemark.codec.ByteWriter;
import io.tidemark.collector.OpenMetricsLines;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;

/// Imports a file of OpenMetrics text whose samples have timestamps.
///
/// The file is read once to the end before anything is sent: every line is checked, and the times are found. Then it is read again for
/// each span of {@link #SPAN_MILLIS} that has samples, oldest first, and the lines of that span are sent as they are. So a file in any
/// order costs the server no more than a span of windows, and the reader no memory; the price is the repeated reading.
public final class OpenMetricsImport {
  /// A sixth of the windows that a shard may have open before it closes some early.
  private static final long SPAN_MILLIS = 48 * 3_600_000L;
  private static final int REQUEST_SAMPLES = 20_000;
  private static final int REQUEST_BYTES = 1 << 20;
  private static final Map<String, String> HEADERS = Map.of("Content-Type", OpenMetricsLines.CONTENT_TYPE);

  /// @param file       plain or gzip
  /// @param name       what to call it
  /// @param state      the file that tells how far it has come
  /// @param skipsWrong whether lines that cannot be read or are refused are left out, instead of ending the import
  public record Options(Path file, String name, Path state, boolean skipsWrong) {}

  /// Spans with samples, how many samples there are, and when the first is.
  private record Scan(TreeSet<Long> spans, long samples, long oldestMillis) {}

  private final Options options;
  private final Findings findings;
  private final ImportRun run;
  private final ByteWriter request = new ByteWriter(1 << 16);
  private int samples;
  private boolean hasExemplars;

  public OpenMetricsImport(Options options, Server server, Progress progress, Clock clock) {
    this.options = options;
    findings = new Findings(options.skipsWrong);
    run = new ImportRun(server, progress, findings, clock);
  }

  /// Imports everything, from where an earlier run ended.
  ///
  /// @throws TidemarkException `BAD_DATA` with line and column for a line that cannot be read, before anything is sent; `EXECUTION` when
  ///     the server refused samples; `UNAVAILABLE` when it takes no more
  public ImportReport run() {
    Scan scan = scan();
    return run.run(options.state, source(), scan.samples, scan.oldestMillis,
        (reached, sender, age) -> send(scan, reached, sender, age));
  }

  private void send(Scan scan, String reached, Sender sender, AgeCheck age) {
    String[] place = reached.split(" ");
    long firstSpan = place.length == 2 ? Long.parseLong(place[0]) : Long.MIN_VALUE;
    long firstLine = place.length == 2 ? Long.parseLong(place[1]) : 0;
    for (long span : scan.spans.tailSet(firstSpan)) {
      send(span, span == firstSpan ? firstLine : 0, span == scan.spans.first(), sender, age);
    }
  }

  private String source() {
    try {
      return "openmetrics " + options.name + " (" + Files.size(options.file) + " bytes of " + Files.getLastModifiedTime(options.file)
          + ") into " + run.server().name();
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, options.name + ": cannot be read (" + e.getClass().getSimpleName() + ")", e);
    }
  }

  private Scan scan() {
    var spans = new TreeSet<Long>();
    long count = 0;
    long oldest = Long.MAX_VALUE;
    boolean hasEnd = false;
    try (var source = new OpenMetricsSource(options.file)) {
      long last = Long.MIN_VALUE;
      for (OpenMetricsLines.Kind kind = source.next(); kind != OpenMetricsLines.Kind.DONE; kind = source.next()) {
        if (hasEnd) {
          findings.found(wrong("line " + source.line() + ": something after # EOF"));
          break;
        }
        switch (kind) {
          case SAMPLE -> {
            long span = Math.floorDiv(source.timestampMillis(), SPAN_MILLIS);
            if (span != last) {
              spans.add(span);
              last = span;
            }
            count++;
            oldest = Math.min(oldest, source.timestampMillis());
          }
          case BROKEN -> findings.found(new TidemarkException(ErrorCode.BAD_DATA, source.problem()));
          case EOF -> hasEnd = true;
          case METADATA, DONE -> { }
        }
      }
      if (!hasEnd) {
        findings.found(wrong("the text ends after line " + source.line() + " without # EOF: it may have been cut off"));
      }
    }
    return new Scan(spans, count, oldest);
  }

  private TidemarkException wrong(String what) {
    return new TidemarkException(ErrorCode.BAD_DATA, options.name + ": " + what);
  }

  /// Sends the samples of a span in lines after `afterLine`, and, with the first span, what the file says about metrics.
  private void send(long span, long afterLine, boolean withMetadata, Sender sender, AgeCheck age) {
    long firstLine = afterLine + 1;
    try (var source = new OpenMetricsSource(options.file)) {
      OpenMetricsLines.Kind kind = source.next();
      for (; kind != OpenMetricsLines.Kind.DONE && kind != OpenMetricsLines.Kind.EOF; kind = source.next()) {
        boolean isWanted = kind == OpenMetricsLines.Kind.METADATA ? withMetadata
            : kind == OpenMetricsLines.Kind.SAMPLE && Math.floorDiv(source.timestampMillis(), SPAN_MILLIS) == span;
        if (!isWanted || source.line() <= afterLine) {
          continue;
        }
        source.append(request);
        if (kind == OpenMetricsLines.Kind.SAMPLE) {
          samples++;
          hasExemplars |= source.hasExemplar();
          age.saw(source.timestampMillis());
        }
        if (samples >= REQUEST_SAMPLES || request.count() >= REQUEST_BYTES) {
          push(span, firstLine, source.line(), sender);
          firstLine = source.line() + 1;
        }
      }
      if (request.count() > 0) {
        push(span, firstLine, source.line(), sender);
      }
    }
  }

  private void push(long span, long firstLine, long lastLine, Sender sender) {
    sender.send(new Sender.Piece("api/v1/import/prometheus", HEADERS, request.toByteArray(), samples,
        options.name + ", lines " + firstLine + " to " + lastLine, span + " " + lastLine, hasExemplars));
    request.clear();
    samples = 0;
    hasExemplars = false;
  }
}
