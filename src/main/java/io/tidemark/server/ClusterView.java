package io.tidemark.server;

import io.tidemark.api.ClusterStatus;
import io.tidemark.catalog.PostgresCatalogConfig;
import io.tidemark.cluster.LeaseKeeper;
import io.tidemark.cluster.NodeInfo;
import io.tidemark.cluster.Registry;
import io.tidemark.cluster.Topology;
import io.tidemark.guard.Guards;
import io.tidemark.log.KafkaLogConfig;
import io.tidemark.state.RedisStateConfig;
import io.tidemark.storage.Storage;
import io.tidemark.time.Clock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// What this process knows of its cluster; one that does everything alone shows itself. Any thread.
final class ClusterView implements ClusterStatus {
  private final RunningStatus status;
  private final Engine engine;
  private final Identity identity;
  private final Guards guards;
  private final Clock clock;
  private final Supplier<List<LeaseKeeper.Held>> held;

  ClusterView(RunningStatus status, Engine engine, Identity identity, Guards guards, Clock clock,
      Supplier<List<LeaseKeeper.Held>> held) {
    this.status = status;
    this.engine = engine;
    this.identity = identity;
    this.guards = guards;
    this.clock = clock;
    this.held = held;
  }

  private Topology topology() {
    return engine.registry().map(Registry::topology).orElseGet(() -> new Topology(List.of(own()), clock.millis()));
  }

  private NodeInfo own() {
    NodeConfig config = status.config();
    String address = config.listen().host() + ":" + config.listen().port();
    return new NodeInfo(identity.id(), identity.home(), address, Role.texts(config.roles()), 0, status.startedAtMillis(),
        status.version(), engine.log().heldBack(), engine.storageIfAny().map(Storage::applied).orElse(Map.of()));
  }

  private long lifeMillis() {
    return status.config().backends().cluster().leaseMillis();
  }

  @Override
  public Self self() {
    NodeConfig config = status.config();
    Topology topology = topology();
    boolean late = engine.registry().isPresent() && clock.millis() - topology.asOfMillis() > lifeMillis();
    return new Self(identity.id(), config.isClustered() ? config.backends().cluster().replicaSets() : 1, topology.asOfMillis(),
        late ? "the registry of nodes does not answer; this is what it last said" : "");
  }

  @Override
  public List<Guards.Guarded> systems() {
    return guards.list();
  }

  @Override
  public List<Embedded> embedded() {
    NodeConfig config = status.config();
    Path directory = config.dataDir();
    var embedded = new ArrayList<Embedded>();
    if (!(config.backends().log() instanceof KafkaLogConfig)) {
      embedded.add(new Embedded("log", directory.resolve("ingest").toString()));
    }
    if (!(config.backends().state() instanceof RedisStateConfig)) {
      embedded.add(new Embedded("state", directory.resolve("state").toString()));
    }
    if (NodeConfig.needsCatalog(config.roles()) && !(config.backends().catalog() instanceof PostgresCatalogConfig)) {
      embedded.add(new Embedded("catalog", directory.resolve("catalog.db").toString()));
    }
    return embedded;
  }

  @Override
  public List<Node> nodes() {
    Topology topology = topology();
    Presence presence = clock.millis() - topology.asOfMillis() > lifeMillis() ? Presence.SILENT : Presence.LIVE;
    var nodes = new TreeMap<String, Node>();
    engine.registry().map(Registry::gone).orElse(List.of())
        .forEach(gone -> nodes.put(gone.node().id(), node(gone.node(), Presence.GONE, gone.heardAtMillis())));
    topology.nodes().forEach(node -> nodes.put(node.id(), node(node, presence, topology.asOfMillis())));
    return List.copyOf(nodes.values());
  }

  private static Node node(NodeInfo node, Presence presence, long heardAtMillis) {
    List<String> roles = Role.ALL.stream().sorted().map(Role::text).filter(node.roles()::contains).toList();
    return new Node(node.id(), node.address(), roles, node.replicaSet(), presence, node.startedAtMillis(), node.version(), heardAtMillis);
  }

  @Override
  public List<Shard> shards() {
    Topology topology = topology();
    var shards = new ArrayList<Shard>();
    for (int shard = 0; shard < engine.log().partitions(); shard++) {
      var owners = new ArrayList<Owner>();
      for (NodeInfo node : topology.owners(shard)) {
        // While a shard moves two nodes of a set have it; the one that is further counts.
        if (owners.stream().noneMatch(owner -> owner.replicaSet() == node.replicaSet())) {
          owners.add(new Owner(node.replicaSet(), node.id(), node.shards().get(shard)));
        }
      }
      shards.add(new Shard(shard, engine.log().end(shard), owners));
    }
    return shards;
  }

  @Override
  public List<Lease> leases() {
    return held.get().stream().map(held -> new Lease(held.name(), held.token(), held.sinceMillis()))
        .sorted(Comparator.comparing(Lease::name)).toList();
  }
}
