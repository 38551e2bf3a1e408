package io.tidemark.api.v1;

import io.tidemark.api.Answers;
import io.tidemark.api.ClusterStatus;
import io.tidemark.api.ClusterStatus.Node;
import io.tidemark.api.ClusterStatus.Owner;
import io.tidemark.api.ClusterStatus.Shard;
import io.tidemark.guard.Guard;
import io.tidemark.guard.Guards;
import io.tidemark.time.Clock;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// `GET /v1/cluster`: this process, the systems it uses, the nodes and shards it knows of. Described in `docs/cluster-api.md`.
public final class ClusterRoutes {
  /// A node of many rule groups holds as many leases; beyond this number the answer only counts them.
  static final int LEASES_MAX = 1_000;

  private final ClusterStatus status;
  private final Clock clock;

  public ClusterRoutes(ClusterStatus status, Clock clock) {
    this.status = status;
    this.clock = clock;
  }

  public void mount(Router router) {
    router.get("/v1/cluster").handler(context -> {
      context.response().putHeader("Cache-Control", "no-store");
      Answers.json(context, 200, new JsonObject().put("status", "success").put("data", json(status, clock.millis())).encode());
    });
  }

  static JsonObject json(ClusterStatus status, long nowMillis) {
    List<Shard> shards = status.shards();
    Map<String, List<Optional<Long>>> lags = lags(shards);
    var systems = new JsonArray();
    status.embedded().forEach(part -> systems.add(json(part)));
    status.systems().forEach(system -> systems.add(json(system)));
    var nodes = new JsonArray();
    status.nodes().forEach(node -> nodes.add(json(node, lags.getOrDefault(node.id(), List.of()))));
    var numbered = new JsonArray();
    shards.forEach(shard -> numbered.add(json(shard)));
    List<ClusterStatus.Lease> leases = status.leases();
    var held = new JsonArray();
    leases.stream().limit(LEASES_MAX).forEach(lease -> held.add(new JsonObject().put("name", lease.name()).put("token", lease.token())
        .put("since", lease.sinceMillis())));
    ClusterStatus.Self self = status.self();
    return new JsonObject().put("now", nowMillis)
        .put("self", new JsonObject().put("id", self.id()).put("replicaSets", self.replicaSets()).put("knownAt", self.knownAtMillis())
            .put("trouble", self.trouble()))
        .put("systems", systems).put("nodes", nodes).put("shards", numbered)
        .put("leases", new JsonObject().put("count", leases.size()).put("held", held));
  }

  private static JsonObject json(ClusterStatus.Embedded part) {
    return new JsonObject().put("name", part.concern()).put("concern", part.concern()).put("kind", "embedded")
        .put("address", part.place());
  }

  private static JsonObject json(Guards.Guarded system) {
    Guard.Status guard = system.status();
    return new JsonObject().put("name", guard.system()).put("concern", system.concern()).put("kind", system.kind())
        .put("address", system.address()).put("circuit", word(guard.state())).put("since", guard.changedAtMillis())
        .put("attempts", guard.attempts()).put("failures", guard.failures()).put("retries", guard.retries())
        .put("refused", guard.refused()).put("opened", guard.opened()).put("lastFailure", guard.lastFailure())
        .put("lastFailureAt", guard.lastFailureAtMillis() == 0 ? null : guard.lastFailureAtMillis());
  }

  private static JsonObject json(Node node, List<Optional<Long>> lags) {
    boolean stores = node.roles().contains("storage");
    return new JsonObject().put("id", node.id()).put("address", node.address()).put("roles", new JsonArray(node.roles()))
        .put("replicaSet", stores ? node.replicaSet() : null).put("presence", word(node.presence()))
        .put("startedAt", node.startedAtMillis()).put("version", node.version()).put("heardAt", node.heardAtMillis())
        .put("shards", lags.size()).put("lag", sum(lags).orElse(null));
  }

  private static JsonObject json(Shard shard) {
    var owners = new JsonArray();
    shard.owners().forEach(owner -> owners.add(new JsonObject().put("replicaSet", owner.replicaSet()).put("node", owner.node())
        .put("applied", owner.applied()).put("lag", lag(shard, owner).orElse(null))));
    return new JsonObject().put("shard", shard.number()).put("end", shard.end() < 0 ? null : shard.end()).put("owners", owners);
  }

  private static String word(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// Records that are in the log and not yet in the owner's shard. What the two said was not said at the same moment, so an owner may
  /// seem to be ahead.
  private static Optional<Long> lag(Shard shard, Owner owner) {
    return shard.end() < 0 ? Optional.empty() : Optional.of(Math.max(0, shard.end() - owner.applied()));
  }

  /// By node, one for each shard that it owns.
  private static Map<String, List<Optional<Long>>> lags(List<Shard> shards) {
    var lags = new HashMap<String, List<Optional<Long>>>();
    for (Shard shard : shards) {
      shard.owners().forEach(owner -> lags.computeIfAbsent(owner.node(), _ -> new ArrayList<>()).add(lag(shard, owner)));
    }
    return lags;
  }

  /// Nothing while it is not known for one of them.
  private static Optional<Long> sum(List<Optional<Long>> lags) {
    return lags.stream().allMatch(Optional::isPresent) ? Optional.of(lags.stream().mapToLong(Optional::get).sum()) : Optional.empty();
  }
}
