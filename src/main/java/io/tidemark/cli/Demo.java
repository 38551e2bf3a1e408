package io.tidemark.cli;

import io.tidemark.cli.demo.Sites;
import io.tidemark.cli.demo.Story;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.server.Node;
import io.tidemark.server.NodeConfig;
import io.tidemark.time.Clock;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `tidemark demo`: the engine with a living example.
@Command(name = "demo", description = "Runs the engine with a living example: a lock service that is scraped and breaks on a schedule.")
final class Demo implements Callable<Integer> {
  private static final List<String> FILES = List.of("tidemark.yml", "rules.yml", "story-rules.yml", "routing.yml", "dashboards.yml");
  private static final long START_SECONDS = 60;
  /// Notifications that may wait before the story is there to tell them.
  private static final int EARLY_NOTIFICATIONS_MAX = 100;

  @Option(names = "--data-dir", paramLabel = "DIR", description = "Where the example's data goes (default: ./data/demo).")
  private Path dataDir = Path.of("data", "demo");

  @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Address of the engine (default: 127.0.0.1:9070).")
  private String listen = "127.0.0.1:9070";

  @Override
  public Integer call() throws Exception {
    Path example = dataDir.resolve("example");
    unpack(example);
    Clock clock = Clock.system();
    Vertx vertx = Vertx.vertx();
    var early = new ArrayBlockingQueue<JsonObject>(EARLY_NOTIFICATIONS_MAX);
    vertx.deployVerticle(new Sites(clock, early::offer)).await(START_SECONDS, TimeUnit.SECONDS);
    Node node = Node.start(new NodeConfig.Source(Optional.of(example.resolve("tidemark.yml")),
        List.of("data_dir=" + dataDir.resolve("engine"), "listen=" + listen, "diagnostics.console=false")));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      node.close();
      Runtime.getRuntime().halt(0);
    }, "tidemark-drain"));
    System.out.println("Tidemark is ready at " + node.url() + " (Ctrl+C ends it; its log is in " + dataDir.resolve("engine/log") + ")");
    System.out.println("A lock service of three regions is scraped every second. In 20 s the region eu-west will degrade for 40 s; 40 s");
    System.out.println("after that its server will fall silent for 30 s; then everything starts over. Watch it happen:");
    System.out.println("  alerts     " + node.url() + "/alerts");
    System.out.println("  a graph    " + node.url() + "/explore");
    System.out.println();
    vertx.runOnContext(_ -> {
      var story = new Story(vertx, node.url(), clock, System.out::println);
      vertx.setPeriodic(10, _ -> {
        for (JsonObject notification = early.poll(); notification != null; notification = early.poll()) {
          story.notified(notification);
        }
      });
    });
    new CountDownLatch(1).await();
    return 0;
  }

  private static void unpack(Path directory) {
    try {
      Files.createDirectories(directory);
      for (String file : FILES) {
        try (InputStream content = Demo.class.getResourceAsStream("/config/examples/lock-service/" + file)) {
          if (content == null) {
            throw new TidemarkException(ErrorCode.NOT_FOUND, "the jar lacks config/examples/lock-service/" + file + "; build it again");
          }
          Files.copy(content, directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.DISK_FAILED, "cannot write the example to " + directory + ": " + e.getMessage(), e);
    }
  }
}
