package io.tidemark.cli;

import io.tidemark.time.Clock;
import io.tidemark.transfer.OpenMetricsImport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `tidemark import openmetrics`: a file of text.
@Command(name = "openmetrics", description = "Imports OpenMetrics text whose samples have timestamps, plain or as gzip, in any order.")
final class ImportOpenMetrics implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The file, or - for standard input, which is first kept in a temporary file.")
  private String file = "";

  @Mixin
  private Destination destination = new Destination();

  @Override
  public Integer call() throws IOException {
    if (!file.equals("-")) {
      return run(Path.of(file), file);
    }
    Path kept = Files.createTempFile("tidemark-import-", ".txt");
    try {
      Files.copy(System.in, kept, StandardCopyOption.REPLACE_EXISTING);
      return run(kept, "standard input");
    } finally {
      Files.deleteIfExists(kept);
      Files.deleteIfExists(destination.state(kept));
    }
  }

  private int run(Path source, String name) {
    var options = new OpenMetricsImport.Options(source, name, destination.state(source), destination.skipsWrong());
    return destination.run((server, progress) -> new OpenMetricsImport(options, server, progress, Clock.system()).run());
  }
}
