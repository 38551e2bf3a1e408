package io.tidemark.cli;

import io.tidemark.server.Node;
import io.tidemark.server.NodeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `tidemark serve`: the engine in the foreground until SIGTERM or SIGINT.
@Command(name = "serve", description = "Runs the engine in the foreground; SIGTERM drains and exits 0.")
final class Serve implements Callable<Integer> {
  @Option(names = "--config", paramLabel = "FILE", description = "Configuration file; without it every key has its default.")
  private Optional<Path> config = Optional.empty();

  @Option(names = "--data-dir", paramLabel = "DIR", description = "Where everything is stored (default: ./data).")
  private Optional<Path> dataDir = Optional.empty();

  @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Address of the HTTP port (default: 127.0.0.1:9070).")
  private Optional<String> listen = Optional.empty();

  @Option(names = "--roles", paramLabel = "LIST", split = ",",
      description = "What this process does, of collector, storage, query, rules, notifier, api (default: all of it). Several processes "
          + "meet in Kafka, PostgreSQL, Redis and S3; config/tidemark.yml says how.")
  private List<String> roles = new ArrayList<>();

  @Mixin
  private Settings settings = new Settings();

  @Override
  public Integer call() throws Exception {
    var overrides = new ArrayList<>(settings.read());
    dataDir.ifPresent(dir -> overrides.add("data_dir=" + dir));
    listen.ifPresent(address -> overrides.add("listen=" + address));
    if (!roles.isEmpty()) {
      overrides.add("roles=" + String.join(",", roles));
    }
    Node node = Node.start(new NodeConfig.Source(config, overrides));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      node.close();
      // A process that ends by a signal would report 128 + its number; a drained one has nothing to report.
      Runtime.getRuntime().halt(0);
    }, "tidemark-drain"));
    System.out.println("Tidemark is ready at " + node.url());
    node.warmUp();
    new CountDownLatch(1).await();
    return 0;
  }
}
