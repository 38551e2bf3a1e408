package io.tidemark.server;

import io.tidemark.api.ClusterStatus;
import io.tidemark.api.ListenConfig;
import io.tidemark.guard.Guards;
import io.tidemark.time.Clock;
import java.nio.file.Path;
import java.util.List;

/// The cluster as a process sees it that does everything alone. Any thread.
final class SingleNode implements ClusterStatus {
  private static final String ID = "single";
  private static final List<String> ROLES = List.of("collector", "storage", "query", "rules", "notifier", "api");

  private final RunningStatus status;
  private final Engine engine;
  private final Clock clock;

  SingleNode(RunningStatus status, Engine engine, Clock clock) {
    this.status = status;
    this.engine = engine;
    this.clock = clock;
  }

  @Override
  public Self self() {
    return new Self(ID, 1, clock.millis(), "");
  }

  @Override
  public List<Guards.Guarded> systems() {
    return List.of();
  }

  @Override
  public List<Embedded> embedded() {
    Path directory = status.config().dataDir();
    return List.of(new Embedded("log", directory.resolve("ingest").toString()),
        new Embedded("state", directory.resolve("state").toString()),
        new Embedded("catalog", directory.resolve("catalog.db").toString()));
  }

  @Override
  public List<Node> nodes() {
    ListenConfig listen = status.config().listen();
    return List.of(new Node(ID, listen.host() + ":" + listen.port(), ROLES, 0, Presence.LIVE,
        status.startedAtMillis(), status.version(), clock.millis()));
  }

  @Override
  public List<Shard> shards() {
    return engine.storage().applied().entrySet().stream().map(shard -> new Shard(shard.getKey(), engine.log().end(shard.getKey()),
        List.of(new Owner(0, ID, shard.getValue())))).toList();
  }

  @Override
  public List<Lease> leases() {
    return List.of();
  }
}
