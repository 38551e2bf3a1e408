package io.tidemark.api.v1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.tidemark.api.ClusterStatus;
import io.tidemark.guard.Guard;
import io.tidemark.guard.Guards.Guarded;
import io.tidemark.time.VirtualTime;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The answer for a cluster in trouble is kept in `ui/test/cluster.json`, which the tests of the pages show: neither end can change the
/// form alone. `-Dgolden.update=true` rewrites it.
class ClusterRoutesTest {
  private static final Path GOLDEN = Path.of("ui/test/cluster.json");
  private static final long NOW = 1_790_000_000_000L;
  private static final long DAY = 86_400_000;
  private static final int SHARDS = 48;

  /// Lists to be filled by a test.
  private static final class Facts implements ClusterStatus {
    private Self self = new Self("api-1", 3, NOW - 1_200, "");
    private final List<Guarded> systems = new ArrayList<>();
    private final List<Embedded> embedded = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Shard> shards = new ArrayList<>();
    private final List<Lease> leases = new ArrayList<>();

    @Override
    public Self self() {
      return self;
    }

    @Override
    public List<Guarded> systems() {
      return systems;
    }

    @Override
    public List<Embedded> embedded() {
      return embedded;
    }

    @Override
    public List<Node> nodes() {
      return nodes;
    }

    @Override
    public List<Shard> shards() {
      return shards;
    }

    @Override
    public List<Lease> leases() {
      return leases;
    }

    private void node(String id, String roles, int replicaSet, Presence presence, long heardMillisAgo) {
      nodes.add(new Node(id, "10.0.1." + (nodes.size() + 11) + ":9071", List.of(roles.split(",")), replicaSet, presence,
          NOW - 3 * DAY - nodes.size() * 61_000L, "0.1.0", NOW - heardMillisAgo));
    }

    private void calm(String concern, String kind, String name, String address, long attempts) {
      systems.add(new Guarded(concern, kind, address,
          new Guard.Status(name, Guard.State.CLOSED, NOW - 3 * DAY, attempts, 0, 0, 0, 0, "", 0)));
    }
  }

  /// Storage node 1b died half a minute ago and 1a replays a part of its shards; in set 2 one node had fallen silent when, seconds ago,
  /// Redis went away too. S3 is being probed.
  private static Facts trouble() {
    var facts = new Facts();
    facts.self = new ClusterStatus.Self("api-1", 3, NOW - 7_200, "redis gave no answer within 1000 ms");
    facts.embedded.add(new ClusterStatus.Embedded("spool", "/var/lib/tidemark/spool"));
    facts.calm("catalog", "postgres", "postgres", "10.0.0.4:5432/tidemark", 18_204);
    facts.calm("log", "kafka", "kafka", "10.0.0.1:9092,10.0.0.2:9092,10.0.0.3:9092", 2_418_133);
    facts.systems.add(new Guarded("objects", "s3", "https://s3.eu-central-1.example.com/tidemark", new Guard.Status("s3",
        Guard.State.HALF_OPEN, NOW - 95_000, 51_002, 14, 9, 120, 2, "503 Slow Down: reduce your request rate", NOW - 5_100)));
    facts.calm("peer", "peer", "peer storage-0a", "10.0.1.13:9071", 91_377);
    facts.systems.add(new Guarded("peer", "peer", "10.0.1.16:9071", new Guard.Status("peer storage-1b", Guard.State.OPEN, NOW - 31_500,
        90_811, 5, 5, 402, 1, "Connection refused: 10.0.1.16/10.0.1.16:9071", NOW - 1_500)));
    facts.systems.add(new Guarded("state", "redis", "10.0.0.5:6379", new Guard.Status("redis", Guard.State.OPEN, NOW - 6_500, 733_090,
        27, 0, 1_911, 1, "redis gave no answer within 1000 ms", NOW - 800)));

    facts.node("api-1", "query,api", 0, ClusterStatus.Presence.LIVE, 0);
    facts.node("collector-1", "collector", 0, ClusterStatus.Presence.LIVE, 7_900);
    facts.node("storage-0a", "storage", 0, ClusterStatus.Presence.LIVE, 8_100);
    facts.node("storage-0b", "storage", 0, ClusterStatus.Presence.LIVE, 7_400);
    facts.node("storage-1a", "storage", 1, ClusterStatus.Presence.LIVE, 7_700);
    facts.node("storage-1b", "storage", 1, ClusterStatus.Presence.GONE, 33_000);
    facts.node("storage-2a", "storage", 2, ClusterStatus.Presence.LIVE, 8_900);
    facts.node("storage-2b", "storage", 2, ClusterStatus.Presence.SILENT, 15_400);
    facts.node("watch-1", "rules,notifier", 0, ClusterStatus.Presence.LIVE, 8_300);

    for (int i = 0; i < SHARDS; i++) {
      long end = i == 47 ? -1 : 84_000 + 37L * i;
      long applied = Math.max(0, end - i % 4);
      var owners = new ArrayList<ClusterStatus.Owner>();
      owners.add(new ClusterStatus.Owner(0, i % 2 == 0 ? "storage-0a" : "storage-0b", applied));
      if (i % 2 == 0) {
        owners.add(new ClusterStatus.Owner(1, "storage-1a", applied));
      } else if (i < 16) {
        owners.add(new ClusterStatus.Owner(1, "storage-1a", applied - 4_000 * i));
      }
      owners.add(new ClusterStatus.Owner(2, i % 2 == 0 ? "storage-2a" : "storage-2b", applied));
      facts.shards.add(new ClusterStatus.Shard(i, end, owners));
    }
    facts.leases.add(new ClusterStatus.Lease("notify/slot-07", 912, NOW - 7_200_000));
    facts.leases.add(new ClusterStatus.Lease("rules/rules.yml;checkout", 4_417, NOW - 3_600_000));
    return facts;
  }

  /// One line for each entry of a list, so that a change can be read in a diff.
  private static String print(JsonObject json) {
    return json.stream().map(entry -> "\"" + entry.getKey() + "\": " + (entry.getValue() instanceof JsonArray rows
        ? rows.stream().map(row -> "  " + ((JsonObject) row).encode()).collect(Collectors.joining(",\n", "[\n", "\n]"))
        : entry.getValue() instanceof JsonObject object ? object.encode() : String.valueOf(entry.getValue())))
        .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
  }

  @Test
  void answerIsWhatThePagesAreTestedWith() throws IOException {
    String found = print(ClusterRoutes.json(trouble(), NOW));
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(GOLDEN, found);
    }
    assertEquals(Files.readString(GOLDEN), found);
  }

  private static JsonObject find(JsonObject json, String list, String key, Object value) {
    return json.getJsonArray(list).stream().map(JsonObject.class::cast).filter(row -> value.equals(row.getValue(key))).findFirst()
        .orElseThrow();
  }

  @Test
  void sumsANodesLagOverItsShards() {
    var facts = new Facts();
    facts.node("a", "storage", 0, ClusterStatus.Presence.LIVE, 0);
    facts.node("b", "storage", 1, ClusterStatus.Presence.LIVE, 0);
    facts.node("c", "query", 0, ClusterStatus.Presence.LIVE, 0);
    facts.shards.add(new ClusterStatus.Shard(0, 100, List.of(new ClusterStatus.Owner(0, "a", 90), new ClusterStatus.Owner(1, "b", 101))));
    facts.shards.add(new ClusterStatus.Shard(1, 50, List.of(new ClusterStatus.Owner(0, "a", 45))));
    JsonObject json = ClusterRoutes.json(facts, NOW);
    assertEquals(15, find(json, "nodes", "id", "a").getInteger("lag"));
    assertEquals(2, find(json, "nodes", "id", "a").getInteger("shards"));
    assertEquals(0, find(json, "nodes", "id", "b").getInteger("lag"), "ahead of what is known of the log is not behind");
    assertEquals(0, find(json, "nodes", "id", "c").getInteger("shards"));
    assertNull(find(json, "nodes", "id", "c").getValue("replicaSet"));
  }

  @Test
  void saysNothingAboutALagThatIsNotKnown() {
    var facts = new Facts();
    facts.node("a", "storage", 0, ClusterStatus.Presence.LIVE, 0);
    facts.shards.add(new ClusterStatus.Shard(0, 100, List.of(new ClusterStatus.Owner(0, "a", 90))));
    facts.shards.add(new ClusterStatus.Shard(1, -1, List.of(new ClusterStatus.Owner(0, "a", 45))));
    JsonObject json = ClusterRoutes.json(facts, NOW);
    assertNull(find(json, "nodes", "id", "a").getValue("lag"));
    assertNull(find(json, "shards", "shard", 1).getValue("end"));
    assertNull(find(json, "shards", "shard", 1).getJsonArray("owners").getJsonObject(0).getValue("lag"));
  }

  @Test
  void countsLeasesBeyondTheLimit() {
    var facts = new Facts();
    IntStream.range(0, ClusterRoutes.LEASES_MAX + 5).forEach(i -> facts.leases.add(new ClusterStatus.Lease("rules/" + i, i, NOW)));
    JsonObject leases = ClusterRoutes.json(facts, NOW).getJsonObject("leases");
    assertEquals(ClusterRoutes.LEASES_MAX + 5, leases.getInteger("count"));
    assertEquals(ClusterRoutes.LEASES_MAX, leases.getJsonArray("held").size());
  }

  @Test
  void answersOverHttpWithoutBeingCached() {
    Vertx vertx = Vertx.vertx();
    try {
      Router router = Router.router(vertx);
      new ClusterRoutes(trouble(), new VirtualTime(1)).mount(router);
      int port = vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1").await().actualPort();
      JsonObject answer = vertx.createHttpClient().request(HttpMethod.GET, port, "127.0.0.1", "/v1/cluster")
          .compose(HttpClientRequest::send).compose(response -> {
            assertEquals(200, response.statusCode());
            assertEquals("application/json", response.getHeader("Content-Type"));
            assertEquals("no-store", response.getHeader("Cache-Control"));
            return response.body();
          }).await().toJsonObject();
      assertEquals("success", answer.getString("status"));
      assertFalse(answer.getJsonObject("data").getJsonArray("nodes").isEmpty());
    } finally {
      vertx.close().await();
    }
  }
}
