package io.tidemark.cli;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.server.Node;
import io.tidemark.server.NodeConfig;
import io.tidemark.time.Clock;
import io.tidemark.transfer.ImportReport;
import io.tidemark.transfer.Progress;
import io.tidemark.transfer.Server;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Where an import goes: to a running server, or into a data directory that none holds, which gets a server for as long as it takes.
final class Destination {
  private static final String DEFAULT_URL = "http://127.0.0.1:9070";

  @Option(names = "--server", paramLabel = "URL", description = "The server to import into (default: " + DEFAULT_URL + ").")
  private Optional<String> server = Optional.empty();

  @Option(names = "--data-dir", paramLabel = "DIR",
      description = "Instead of --server: a data directory that no server holds at the moment; it is made if need be.")
  private Optional<Path> dataDir = Optional.empty();

  @Option(names = "--config", paramLabel = "FILE", description = "With --data-dir: the configuration that directory is served with.")
  private Optional<Path> config = Optional.empty();

  @Option(names = "--state", paramLabel = "FILE",
      description = "Where it is kept how far the import has come (default: beside the source, with .import at its end).")
  private Optional<Path> state = Optional.empty();

  @Option(names = "--skip-wrong",
      description = "Leave out what is damaged, cannot be read or is refused by the server, and go on; by default the import ends there.")
  private boolean skipsWrong;

  /// What an import does with a server.
  interface Work {
    ImportReport run(Server server, Progress progress);
  }

  boolean skipsWrong() {
    return skipsWrong;
  }

  Path state(Path source) {
    Path plain = source.toAbsolutePath().normalize();
    return state.orElse(plain.resolveSibling(plain.getFileName() + ".import"));
  }

  /// Runs `work`, tells what came of it, and returns the exit code.
  int run(Work work) {
    if (dataDir.isPresent() && server.isPresent()) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "--server and --data-dir are two places; name one");
    }
    var progress = new Progress(System.out, System.console() != null && System.console().isTerminal(), Clock.system());
    ImportReport report;
    if (dataDir.isPresent()) {
      Node node = Node.start(new NodeConfig.Source(config, List.of("data_dir=" + dataDir.get(), "listen=127.0.0.1:0",
          "diagnostics.console=false")));
      // The name of the port changes from run to run; what is imported where to must not.
      try (var local = new Server(node.url(), "data directory " + dataDir.get().toAbsolutePath().normalize())) {
        report = work.run(local, progress);
      } finally {
        node.close();
      }
    } else {
      try (var running = new Server(server.orElse(DEFAULT_URL))) {
        report = work.run(running, progress);
      }
    }
    System.out.printf("Imported %,d samples.%n", report.samples());
    if (report.older() > 0) {
      System.out.printf("%,d samples are older than the server keeps (storage.retention): it drops them where their series has newer ones, "
          + "and deletes them else. Raise it, restart the server and import again to keep them.%n", report.older());
    }
    if (report.findings() > 0) {
      System.out.printf("Left out: %d parts that are damaged, cannot be read or were refused, %,d refused samples among them.%n",
          report.findings(), report.rejected());
      report.examples().forEach(example -> System.out.println("  " + example));
      if (report.findings() > report.examples().size()) {
        System.out.println("  and " + (report.findings() - report.examples().size()) + " more");
      }
    }
    return report.findings() == 0 ? 0 : Main.FAILED;
  }
}
