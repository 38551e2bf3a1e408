package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.PromQL;
import io.tidemark.time.Clock;
import io.tidemark.transfer.Progress;
import io.tidemark.transfer.Server;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.zip.GZIPOutputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `tidemark export`: samples of a running server as text.
@Command(name = "export", description = "Writes samples of a running server as OpenMetrics text with timestamps.")
final class Export implements Callable<Integer> {
  @Option(names = "--server", paramLabel = "URL", description = "Default: ${DEFAULT-VALUE}", defaultValue = "http://127.0.0.1:9070")
  private String server = "";

  @Option(names = "--match", paramLabel = "SELECTOR", description = "Which series, such as up{job=\"node\"} (default: all).",
      defaultValue = "{__name__!=\"\"}")
  private String selector = "";

  @Option(names = "--from", paramLabel = "TIME", required = true, description = "From when on; seconds or RFC 3339.")
  private String from = "";

  @Option(names = "--to", paramLabel = "TIME", description = "Up to when, that time not included (default: now).")
  private Optional<String> to = Optional.empty();

  @Option(names = "--output", paramLabel = "FILE", description = "Where to write, as gzip if it ends with .gz (default: standard output).")
  private Optional<Path> output = Optional.empty();

  @Override
  public Integer call() throws IOException {
    long start = Times.millis("--from", from);
    long end = to.map(text -> Times.millis("--to", text)).orElseGet(() -> Clock.system().millis());
    if (end <= start) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "--to is not after --from");
    }
    var options = new io.tidemark.transfer.Export.Options(PromQL.parseSelector(selector), new TimeRange(start, end));
    var progress = new Progress(System.err, System.console() != null && System.console().isTerminal(), Clock.system());
    io.tidemark.transfer.Export.Report report;
    try (var asked = new Server(server); OutputStream out = open()) {
      report = new io.tidemark.transfer.Export(options, asked, progress).run(out);
    }
    System.err.printf("Exported %,d samples.%n", report.samples());
    if (report.stale() + report.histograms() > 0) {
      System.err.printf("Left out, because the text has no words for them: %,d staleness markers, %,d native histograms.%n", report.stale(),
          report.histograms());
    }
    return 0;
  }

  private OutputStream open() throws IOException {
    if (output.isEmpty()) {
      return new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
    }
    OutputStream file = Files.newOutputStream(output.get());
    return new BufferedOutputStream(output.get().toString().endsWith(".gz") ? new GZIPOutputStream(file, 1 << 16) : file);
  }
}
