package io.tidemark.cli.demo;

import io.tidemark.server.Node;
import io.tidemark.server.NodeConfig;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// `tidemark demo`: the engine in this process and the lock service around it.
public final class LockServiceDemo {
  static final List<String> FILES = List.of("tidemark.yml", "rules.yml", "story-rules.yml", "routing.yml", "dashboards.yml");
  static final String WATCHED = "lock_service_degraded or up{job=\"lock-service\"}";
  private static final long START_SECONDS = 60;
  /// Notifications that may wait before the story is there to tell them.
  private static final int EARLY_NOTIFICATIONS_MAX = 100;

  private LockServiceDemo() {}

  /// Runs until the process is told to end.
  public static void run(DemoPlace place) throws Exception {
    Path example = place.unpack("lock-service", FILES);
    Vertx vertx = Vertx.vertx();
    var notifications = new ArrayBlockingQueue<JsonObject>(EARLY_NOTIFICATIONS_MAX);
    vertx.deployVerticle(new Sites(place.clock(), notifications::offer)).await(START_SECONDS, TimeUnit.SECONDS);
    Node node = Node.start(new NodeConfig.Source(Optional.of(example.resolve("tidemark.yml")),
        List.of("data_dir=" + place.dataDir().resolve("engine"), "listen=" + place.listen(), "diagnostics.console=false")));
    var ending = new Ending(place.print());
    ending.add(node::close);
    place.say("Tidemark is ready at " + node.url() + " (Ctrl+C ends it; its log is in " + place.dataDir().resolve("engine/log") + ")",
        "A lock service of three regions is scraped every second. In 20 s the region eu-west will degrade for 40 s; 40 s",
        "after that its server will fall silent for 30 s; then everything starts over. Watch it happen:",
        "  alerts     " + node.url() + "/alerts", "  a graph    " + node.url() + "/explore", "");
    ending.add(Story.tell(vertx, node.url(), WATCHED, place.clock(), place.print(), notifications));
    new CountDownLatch(1).await();
  }
}
