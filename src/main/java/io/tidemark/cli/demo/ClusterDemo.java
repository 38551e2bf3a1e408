package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.WebClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;

/// `tidemark demo --cluster`: Kafka, PostgreSQL, Redis, an S3 server and two Tidemark nodes of each role as processes, the lock service
/// around them, and the story of a storage node that is killed and comes back.
public final class ClusterDemo {
  /// Where free ports are looked for.
  private static final int PORTS_FROM = 9_210;
  private static final long WAIT_SECONDS = 60;
  private static final int EARLY_NOTIFICATIONS_MAX = 100;
  private static final long CALM_SECONDS = 40;
  private static final long AWAY_SECONDS = 30;
  private static final String QUERY = "sum(lock_requests_total)";

  private final DemoPlace place;
  private final Vertx vertx = Vertx.vertx();
  private final WebClient client = WebClient.create(vertx);

  private ClusterDemo(DemoPlace place) {
    this.place = place;
  }

  /// Runs until the process is told to end.
  ///
  /// @throws TidemarkException when something does not start, or a process ends that nobody ended
  public static void run(DemoPlace place) throws Exception {
    var ending = new Ending(place.print());
    try {
      new ClusterDemo(place).run(ending);
    } catch (Exception e) {
      ending.fail();
      throw e;
    }
  }

  private void run(Ending ending) throws Exception {
    place.unpack("lock-service", LockServiceDemo.FILES);
    Path config = place.unpack("cluster", List.of("tidemark.yml")).resolve("tidemark.yml");
    Family.requireFree(Integer.parseInt(place.listen().substring(place.listen().lastIndexOf(':') + 1)), "the first query node");
    ClusterPlan plan = ClusterPlan.of(place.dataDir(), config, place.listen(), Family.freePorts(PORTS_FROM, ClusterPlan.PORTS));
    Family.requireMemory(plan.programs());
    Family family = ending.add(new Family(place.dataDir().resolve("logs"), place.print()));
    ending.add(() -> vertx.close().await(WAIT_SECONDS, TimeUnit.SECONDS));
    var notifications = new ArrayBlockingQueue<JsonObject>(EARLY_NOTIFICATIONS_MAX);
    vertx.deployVerticle(new Sites(place.clock(), notifications::offer)).await(WAIT_SECONDS, TimeUnit.SECONDS);

    place.say("Each process logs into " + place.dataDir().resolve("logs") + ", each node also into its own directory's log/.",
        "Starting Kafka, PostgreSQL, Redis and an S3 server:");
    family.start(plan.backends());
    place.say("Starting two Tidemark nodes of each role; each finds the others through those four:");
    family.start(plan.storage());
    family.start(plan.others());
    String url = plan.urls().get("query-1");
    var prober = new Prober(List.of(url, plan.urls().get("query-2")), QUERY, place.clock());
    vertx.deployVerticle(prober).await(WAIT_SECONDS, TimeUnit.SECONDS);
    place.say("The cluster is ready at " + url + " and " + plan.urls().get("query-2") + " (Ctrl+C ends everything)",
        "A lock service of three regions is scraped every second; both query nodes are asked in turn, ten times a second, for",
        "  " + QUERY,
        "In " + CALM_SECONDS + " s a storage node will be killed; " + AWAY_SECONDS + " s later it comes back. Watch it happen:",
        "  alerts     " + url + "/alerts", "  a graph    " + url + "/explore", "");
    ending.add(Story.tell(vertx, url, LockServiceDemo.WATCHED, place.clock(), place.print(), notifications));
    var outage = new Outage(family, plan.urls(), prober, client, place.clock(),
        (kind, text) -> place.say(Story.line(place.clock(), kind, text)));
    for (int round = 0;; round++) {
      Outage.pass(family, CALM_SECONDS * 1_000);
      outage.tell("storage-" + (round % 2 + 1), "storage-" + (2 - round % 2), AWAY_SECONDS);
    }
  }

  /// Says why the demo ends.
  static TidemarkException lost(Child child) {
    return new TidemarkException(ErrorCode.UNAVAILABLE, child.ending());
  }
}
