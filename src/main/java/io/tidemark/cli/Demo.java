package io.tidemark.cli;

import io.tidemark.cli.demo.ClusterDemo;
import io.tidemark.cli.demo.DemoPlace;
import io.tidemark.cli.demo.LockServiceDemo;
import io.tidemark.cli.demo.PaymentsDemo;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.time.Clock;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `tidemark demo`: the engine with a living example.
@Command(name = "demo", description = "Runs the engine with a living example that breaks on a schedule: a lock service that is scraped.")
final class Demo implements Callable<Integer> {
  @Option(names = "--payments", description = "Another example: a payments API, a real Kafka and a payment processor that stops.")
  private boolean payments;

  @Option(names = "--cluster", description = "The lock service on Kafka, PostgreSQL, Redis and S3, with two nodes of each role.")
  private boolean cluster;

  @Option(names = "--data-dir", paramLabel = "DIR",
      description = "Where the example's data goes (default: ./data/demo, ./data/demo-payments or ./data/demo-cluster).")
  private Optional<Path> dataDir = Optional.empty();

  @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Address of the engine (default: 127.0.0.1:9070).")
  private String listen = "127.0.0.1:9070";

  @Override
  public Integer call() throws Exception {
    if (payments && cluster) {
      throw new TidemarkException(ErrorCode.BAD_DATA, "--payments and --cluster are two demos; ask for one");
    }
    if (payments) {
      PaymentsDemo.run(place("demo-payments"));
    } else if (cluster) {
      ClusterDemo.run(place("demo-cluster"));
    } else {
      LockServiceDemo.run(place("demo"));
    }
    return 0;
  }

  private DemoPlace place(String directory) {
    return new DemoPlace(dataDir.orElse(Path.of("data", directory)), listen, Clock.system(), System.out::println);
  }
}
