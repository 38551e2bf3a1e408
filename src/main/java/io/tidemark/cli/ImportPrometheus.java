package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.time.Clock;
import io.tidemark.transfer.PrometheusImport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `tidemark import prometheus`: the blocks of a Prometheus.
@Command(name = "prometheus", description = "Imports the blocks of a data directory, or of a snapshot, of Prometheus. Its write-ahead log "
    + "is not read: take a snapshot first (POST /api/v1/admin/tsdb/snapshot).")
final class ImportPrometheus implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", description = "The directory that holds the blocks.")
  private Path directory = Path.of("");

  @Mixin
  private Destination destination = new Destination();

  @Option(names = "--from", paramLabel = "TIME", description = "Leave out what is older; seconds or RFC 3339.")
  private Optional<String> from = Optional.empty();

  @Option(names = "--to", paramLabel = "TIME", description = "Leave out what is as old or younger.")
  private Optional<String> to = Optional.empty();

  @Override
  public Integer call() {
    long start = from.map(text -> Times.millis("--from", text)).orElse(Long.MIN_VALUE);
    long end = to.map(text -> Times.millis("--to", text)).orElse(Long.MAX_VALUE);
    if (end <= start) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "--to is not after --from");
    }
    var options = new PrometheusImport.Options(directory, new TimeRange(start, end), destination.state(directory),
        destination.skipsWrong());
    return destination.run((server, progress) -> new PrometheusImport(options, server, progress, Clock.system()).run());
  }
}
